/** Dearer when little is left, cheaper when there is plenty. Lines whose stock is not stated keep their price. */
class PriceByStock {
  /** The line attribute that holds how many pieces are left. */
  attribute: Sym = "stock";
  /** At most so many are few. */
  few: i32 = 5;
  raise: Percent = Percent.of(10);
  /** At least so many are plenty. */
  plenty: i32 = 100;
  cut: Percent = Percent.of(10);
}

@pricing(name="price-by-stock", template=true)
export function priceByStock(ctx: Context, line: Line, p: PriceByStock): Money {
  const stock = line.attributeNumber(p.attribute, -1);
  if (stock < 0) return line.unitPrice;
  if (stock <= i64(p.few)) return line.unitPrice + p.raise.times(line.unitPrice);
  if (stock >= i64(p.plenty)) return line.unitPrice - p.cut.times(line.unitPrice);
  return line.unitPrice;
}
