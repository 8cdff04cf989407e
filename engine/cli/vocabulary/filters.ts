import type { Filter, Range } from "@haggle/abi";
import { type Fields, flag, list, object, type Read, stated, text, whole } from "./read.ts";

/** Which goods, in the words of the vocabulary. */
export const goodsFilter: Read<Filter> = object(readGoods);

/** Which goods, or which shipping methods. */
export const shippingFilter: Read<readonly string[] | undefined> = object((fields) =>
  fields.take("shippingOptions", list(text)),
);

function readGoods(fields: Fields): Filter {
  return stated({
    products: fields.take("products", list(text)),
    skus: fields.take("variants", list(text)),
    categories: fields.take("categoriesAny", list(text)),
    unitPrice: fields.take("unitPrice", range),
    undiscounted: fields.take("onlyUndiscountedLines", flag) ? (true as const) : undefined,
  });
}

const range: Read<Range> = object((fields) =>
  stated({ min: fields.take("min", whole), max: fields.take("max", whole) }),
);
