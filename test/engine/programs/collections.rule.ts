@promo(name="collections")
export function collections(ctx: Context): Result {
  const byLine = new Map<i32, i64>();
  const seen = new Set<i64>();
  const prices: i64[] = [];
  for (let i = 0; i < ctx.cart.lines.count; i++) {
    const price = ctx.cart.lines.at(i).unitPrice;
    prices.push(price);
    byLine.set(i, price);
    seen.add(price);
  }
  prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const doubled = prices.map<i64>((price) => price * 2).filter((price) => price > 10);
  const sum = doubled.reduce<i64>((total, price) => total + price, 0);
  const fixed = new StaticArray<i64>(4);
  for (let i = 0; i < fixed.length; i++) fixed[i] = i as i64;
  const most = byLine.has(0) ? byLine.get(0) : 0;
  return seen.size > 1 ? Result.order(min(sum, most) + fixed[3], "SUM") : Result.none();
}
