class BootsWeek {
  /** What comes off every pair. */
  percent: Percent = Percent.of(10);
  /** Goods that count. */
  categories: Tags = Tags.of("boots");
}

/** A percentage off every line of boots. */
@promo(name="boots-week", group="order", priority=20)
export function bootsWeek(ctx: Context, p: BootsWeek): Result {
  return Result.linesPercent(ctx.cart.inCategories(p.categories), p.percent, "BOOTS_WEEK");
}
