/** A percentage off the order for ways of paying that cost the shop less, at most so much. */
class PaymentPercent {
  /** The ways of paying. */
  methods: Tags = Tags.of("bank-transfer");
  /** What comes off. */
  percent: Percent = Percent.of(2);
  /** The most that comes off; 0 for no limit. */
  most: Money = 10_00;
}

@promo(name="payment-percent", template=true)
export function paymentPercent(ctx: Context, p: PaymentPercent): Result {
  if (!p.methods.has(ctx.cart.paymentMethod)) return Result.none();
  const off = Result.orderPercent(p.percent, "PAYMENT_PERCENT");
  return p.most > 0 ? off.upTo(p.most) : off;
}
