import type { SkuFields } from "../pricing/service.ts";
import catalogue from "./catalogue.json" with { type: "json" };
import stock from "./stock.json" with { type: "json" };

/** What the demo shop sells, with what its shoppers are not told: the costs. */
export function listDemoSkus(): SkuFields[] {
  const facts: Readonly<Record<string, { stock: number; unitCost: number }>> = stock;
  const { currency } = catalogue;
  return catalogue.products.map(({ sku, productId, name, categories, unitPrice: listPrice }) => ({
    sku,
    productId,
    name,
    categories,
    currency,
    listPrice,
    ...facts[sku],
  }));
}
