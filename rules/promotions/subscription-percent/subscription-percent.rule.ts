/** A percentage off what is bought as a subscription. */
class SubscriptionPercent {
  /** Categories that it is about; null for all. */
  categories: Tags = Tags.any();
  /** What comes off. */
  percent: Percent = Percent.of(10);
}

@promo(name="subscription-percent", template=true)
export function subscriptionPercent(ctx: Context, p: SubscriptionPercent): Result {
  const goods = ctx.cart.inCategories(p.categories).subscriptions;
  return Result.linesPercent(goods, p.percent, "SUBSCRIPTION_PERCENT");
}
