/** The unit price falls with the quantity of the line: the highest step that is reached holds for all of its units. */
class PriceByQuantity {
  /** Pieces from which the first step holds; 0 switches a step off. */
  from1: i32 = 10;
  /** Below the price before. */
  percent1: Percent = Percent.of(5);
  from2: i32 = 50;
  percent2: Percent = Percent.of(10);
  from3: i32 = 0;
  percent3: Percent = Percent.of(15);
}

@pricing(name="price-by-quantity", template=true)
export function priceByQuantity(ctx: Context, line: Line, p: PriceByQuantity): Money {
  let reached = 0;
  let percent = Percent.of(0);
  if (p.from1 > reached && line.quantity >= p.from1) {
    reached = p.from1;
    percent = p.percent1;
  }
  if (p.from2 > reached && line.quantity >= p.from2) {
    reached = p.from2;
    percent = p.percent2;
  }
  if (p.from3 > reached && line.quantity >= p.from3) percent = p.percent3;
  return line.unitPrice - percent.times(line.unitPrice);
}
