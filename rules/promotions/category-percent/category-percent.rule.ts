/** A percentage off every line of some categories. */
class CategoryPercent {
  categories: Tags = Tags.of("shoes");
  percent: Percent = Percent.of(10);
}

@promo({ name: "category-percent", priority: 40 })
export function categoryPercent(ctx: Context, p: CategoryPercent): Result {
  return Result.linesPercent(ctx.cart.inCategories(p.categories), p.percent, "CATEGORY_PERCENT");
}
