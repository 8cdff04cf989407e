/** A percentage off each line of enough units, at most so much for a line. */
class LinePercent {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** Units that a line must have. */
  units: i32 = 5;
  /** What comes off the line. */
  percent: Percent = Percent.of(10);
  /** The most that comes off a line; 0 for no limit. */
  most: Money = 20_00;
}

@promo(name="line-percent", template=true)
export function linePercent(ctx: Context, p: LinePercent): Result {
  const lines = ctx.cart.inCategories(p.categories);
  let result = Result.none();
  for (let i = 0; i < lines.count; i++) {
    if (lines.at(i).quantity < p.units) continue;
    const off = Result.linePercent(lines.at(i), p.percent, "LINE_PERCENT");
    result = result.and(p.most > 0 ? off.upToPerLine(p.most) : off);
  }
  return result;
}
