/** A lower price for goods that are marked, before any other promotion: what is left is their price from then on. */
class ClearancePercent {
  /** Attribute of the goods. */
  attribute: Sym = "season";
  /** Its value. */
  value: Sym = "last";
  /** What comes off each unit. */
  percent: Percent = Percent.of(30);
}

@promo(name="clearance-percent", phase="catalog", template=true)
export function clearancePercent(ctx: Context, p: ClearancePercent): Result {
  return Result.unitsPercent(ctx.cart.withAttribute(p.attribute, p.value), p.percent, "CLEARANCE");
}
