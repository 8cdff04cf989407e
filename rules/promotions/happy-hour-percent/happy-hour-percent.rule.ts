/** A percentage off some goods between two hours of the shop's local day. */
class HappyHourPercent {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** What comes off. */
  percent: Percent = Percent.of(20);
  /** Hour at which it begins, 0 to 23. */
  from: i32 = 17;
  /** Hour at which it ends; one that is not later runs over midnight. */
  until: i32 = 19;
  /** From Monday to Friday. */
  weekdays: bool = true;
  /** On Saturday and Sunday. */
  weekend: bool = false;
}

@promo(name="happy-hour-percent", template=true)
export function happyHourPercent(ctx: Context, p: HappyHourPercent): Result {
  const minute = ctx.localMinute;
  if (minute < 0 || !(ctx.localWeekday >= 6 ? p.weekend : p.weekdays)) return Result.none();
  const begun = minute >= p.from * 60;
  const over = minute >= p.until * 60;
  const open = p.from < p.until ? begun && !over : begun || !over;
  return open ? Result.linesPercent(ctx.cart.inCategories(p.categories), p.percent, "HAPPY_HOUR") : Result.none();
}
