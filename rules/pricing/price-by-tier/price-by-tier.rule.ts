/** Prices of their own for customers of up to three tiers. */
class PriceByTier {
  tier1: Sym = "silver";
  /** Below the price before. */
  percent1: Percent = Percent.of(3);
  tier2: Sym = "gold";
  percent2: Percent = Percent.of(5);
  tier3: Sym = "platinum";
  percent3: Percent = Percent.of(8);
}

@pricing(name="price-by-tier", template=true)
export function priceByTier(ctx: Context, line: Line, p: PriceByTier): Money {
  const tier = ctx.customer.tier;
  let percent = Percent.of(0);
  if (tier == p.tier1) percent = p.percent1;
  else if (tier == p.tier2) percent = p.percent2;
  else if (tier == p.tier3) percent = p.percent3;
  return line.unitPrice - percent.times(line.unitPrice);
}
