import { MAX_LINES, MAX_QUANTITY } from "@haggle/abi";
import { type Static, Type } from "typebox";
import { word } from "../../platform/opaque.ts";

const strict = { additionalProperties: false };

const Minor = (description?: string) => Type.Integer(description === undefined ? {} : { description });
const LineId = Type.String({ pattern: "^[!-~]{1,100}$", maxLength: 100, description: "As the order has it" });

export const OrderParams = Type.Object(
  { id: Type.String({ pattern: "^order_[A-Za-z0-9_-]{24}$", maxLength: 30 }) },
  strict,
);

const terms = {
  lines: Type.Array(
    Type.Object({ line: LineId, units: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }) }, strict),
    { minItems: 1, maxItems: MAX_LINES },
  ),
  clawback: Type.Optional(
    Type.Enum(["none", "recompute"] as const, {
      description:
        "recompute: what stays is priced without what came back, and what it would have cost more is kept back; none when left out",
    }),
  ),
  shipping: Type.Optional(
    Type.Enum(["refund", "keep"] as const, {
      description: "What becomes of shipping with the last goods of an order; refund when left out",
    }),
  ),
};

export const PreviewBody = Type.Object(terms, strict);
export const ReturnBody = Type.Object(
  {
    ...terms,
    reason: Type.Unsafe<string>({ ...word, description: "One word, such as too-small" }),
    restock: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
        maxLength: 64,
        description: "Location at which the goods are on sale again; left out, they are not",
      }),
    ),
    refund: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "As the preview told it: another one is refused. Needed with recompute",
      }),
    ),
  },
  strict,
);

const DiscountShare = Type.Object(
  { promotion: Type.String(), amount: Minor(), units: Type.Integer() },
  strict,
);
const SettledLine = Type.Object(
  {
    line: Type.String(),
    sku: Type.String(),
    firstUnit: Type.Integer({ description: "Which: units of a line come back from the lowest number on" }),
    units: Type.Integer(),
    price: Minor(),
    discount: Minor(),
    tax: Minor("Where it is on top of prices"),
    paid: Minor("Price less discount, with tax"),
    discounts: Type.Array(DiscountShare),
  },
  strict,
);
const settlement = {
  lines: Type.Array(SettledLine),
  goods: Minor("What these units were paid with"),
  shipping: Minor("With the last goods"),
  rounding: Minor("With the last goods, where the total was rounded to coins"),
  keptBack: Minor(
    "Because of what stays; below 0 where an earlier return kept back more than is owed by now",
  ),
  paidBefore: Minor("What was paid back of it already, as a favour"),
  refund: Minor("What is paid back"),
  changes: Type.Array(Type.Object({ promotion: Type.String(), given: Minor(), alone: Minor() }, strict), {
    description:
      "What promotions took off what stays, and would have taken off it alone, where that differs; with recompute",
  }),
};
export const PreviewView = Type.Object(
  { ...settlement, order: Type.String(), currency: Type.String(), isWhole: Type.Boolean() },
  strict,
);
export const ReturnView = Type.Object(
  {
    ...settlement,
    order: Type.String(),
    currency: Type.String(),
    isWhole: Type.Boolean({ description: "Nothing of the order stays" }),
    number: Type.Integer({ description: "1, 2, 3 ... of the order" }),
    reason: Type.String(),
    restock: Type.Optional(Type.String()),
    at: Type.Integer({ description: "Epoch ms" }),
  },
  strict,
);
export const ReturnsView = Type.Object({ returns: Type.Array(ReturnView) }, strict);

export type Terms = Static<typeof PreviewBody>;
export type ReturnBody = Static<typeof ReturnBody>;
export type PreviewView = Static<typeof PreviewView>;
export type ReturnView = Static<typeof ReturnView>;
