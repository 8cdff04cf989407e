/** Another unit price at certain hours of the cart's local day; a cart without a known time zone keeps its prices. */
class PriceByTime {
  /** Minutes of the day, inclusive: 1320 is 22:00. */
  from: i32 = 1320;
  /** Minutes of the day, exclusive; over midnight when not behind `from`. */
  until: i32 = 360;
  /** By how much the price changes. */
  percent: Percent = Percent.of(10);
  /** More in place of less. */
  raise: bool = false;
}

@pricing(name="price-by-time", template=true)
export function priceByTime(ctx: Context, line: Line, p: PriceByTime): Money {
  const minute = ctx.localMinute;
  if (minute < 0) return line.unitPrice;
  const inside = p.until > p.from ? minute >= p.from && minute < p.until : minute >= p.from || minute < p.until;
  if (!inside) return line.unitPrice;
  const change = p.percent.times(line.unitPrice);
  return p.raise ? line.unitPrice + change : line.unitPrice - change;
}
