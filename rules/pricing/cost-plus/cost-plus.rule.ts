/**
 * What a unit cost the shop and a markup on it, between a floor and a ceiling. Costs are known to the server alone: say
 * `serverOnly` in the promotion, or storefronts show the list price until the server answers.
 */
class CostPlus {
  /** Basis points of the cost: 4000 is 40 %. */
  markup: i32 = 4_000;
  /** The least that a unit may cost; 0 is none. */
  floor: Money = 0;
  /** The most that a unit may cost; 0 is none. */
  ceiling: Money = 0;
  /** Never more than the price before. */
  onlyLower: bool = false;
}

@pricing(name="cost-plus", template=true)
export function costPlus(ctx: Context, line: Line, p: CostPlus): Money {
  if (!line.hasUnitCost) return line.unitPrice;
  let price = line.unitCost + mulDiv(line.unitCost, i64(p.markup), 10_000, Rounding.HalfUp);
  if (price < p.floor) price = p.floor;
  if (p.ceiling > 0 && price > p.ceiling) price = p.ceiling;
  if (p.onlyLower && price > line.unitPrice) price = line.unitPrice;
  return price;
}
