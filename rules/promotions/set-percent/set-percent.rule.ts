/** A percentage off complete sets of three kinds of goods; what is left over of one kind keeps its price. */
class SetPercent {
  /** The first category. */
  first: Sym = "shoes";
  /** The second one. */
  second: Sym = "outerwear";
  /** The third one. */
  third: Sym = "accessories";
  /** What comes off a set. */
  percent: Percent = Percent.of(15);
}

@promo(name="set-percent", template=true)
export function setPercent(ctx: Context, p: SetPercent): Result {
  return Result.linesPercent(ctx.cart.lines, p.percent, "SET_PERCENT")
    .bundle(ctx.cart.inCategory(p.first))
    .bundle(ctx.cart.inCategory(p.second))
    .bundle(ctx.cart.inCategory(p.third));
}
