import { MAX_LINES, MAX_QUANTITY } from "@haggle/abi";
import { type Static, Type } from "typebox";
import { type Attributes, attributes, opaqueId, word } from "../../platform/opaque.ts";
import { RegionSchema } from "../../platform/region.ts";
import { ClaimView, CouponView, EnteredCode } from "../budgets/service.ts";
import { ClaimBody, ComparisonView } from "./compare-schema.ts";

const strict = { additionalProperties: false };
/** More than anybody has; an engine takes 64. */
const MAX_COUPONS = 16;

const QuoteId = Type.String({ pattern: "^quote_[A-Za-z0-9_-]{24}$", maxLength: 30 });
const CartId = Type.String({ pattern: "^cart_[A-Za-z0-9_-]{24}$", maxLength: 29 });
const LineId = Type.String({
  pattern: "^[!-~]{1,100}$",
  maxLength: 100,
  description: "Of the caller's choice",
});
const Sku = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$",
});
const OrderId = Type.String({
  pattern: "^[!-~]{1,100}$",
  maxLength: 100,
  description: "The shop's own: the same order again has the same answer",
});
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", maxLength: 64 });
const Word = Type.Unsafe<string>(word);
const Time = Type.Integer({ description: "Epoch ms" });

const Line = Type.Object(
  {
    id: LineId,
    sku: Sku,
    quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }),
    attributes: Type.Optional(Type.Unsafe<Attributes>(attributes)),
    subscription: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** All fields of each part of a body: others are refused by name. */
export const FIELDS = {
  body: "id currency lines market channel region timeZone paymentMethod shippingMethod customer loggedIn cart revision coupons compare",
  line: "id sku quantity attributes subscription",
} as const;

export const QuoteBody = Type.Object(
  {
    id: Type.Optional(
      Type.Unsafe<string>({ ...opaqueId, description: "The cart's, where experiments are over carts" }),
    ),
    currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$", maxLength: 3 })),
    lines: Type.Optional(Type.Array(Line, { minItems: 1, maxItems: MAX_LINES })),
    market: Type.Optional(Word),
    channel: Type.Optional(Type.Unsafe<string>({ ...word, description: "Of sales, such as web or app" })),
    region: Type.Optional(RegionSchema),
    timeZone: Type.Optional(Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_+/-]{0,63}$", maxLength: 64 })),
    paymentMethod: Type.Optional(Word),
    shippingMethod: Type.Optional(
      Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$", maxLength: 64, description: "The id of one" }),
    ),
    customer: Type.Optional(
      Type.Unsafe<string>({ ...opaqueId, description: "Whom a shop's own server has before it" }),
    ),
    loggedIn: Type.Optional(Type.Boolean({ description: "true where a customer is named" })),
    cart: Type.Optional(
      Type.String({ ...CartId, description: "One that the server keeps, instead of currency and lines" }),
    ),
    revision: Type.Optional(Type.Integer({ minimum: 1, description: "Of that cart, where it matters" })),
    coupons: Type.Optional(
      Type.Array(EnteredCode, { maxItems: MAX_COUPONS, description: "Codes, as the shopper enters them" }),
    ),
    compare: Type.Optional(ClaimBody),
  },
  strict,
);
export const QuoteParams = Type.Object({ id: QuoteId }, strict);
export const UseBody = Type.Object({ order: OrderId }, strict);
export const GiveBackBody = Type.Object(
  {
    shares: Type.Optional(
      Type.Array(
        Type.Object(
          {
            promotion: Type.String({ minLength: 1, maxLength: 256 }),
            amount: Type.Integer({
              minimum: 0,
              maximum: Number.MAX_SAFE_INTEGER,
              description: "Minor units",
            }),
            units: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          },
          strict,
        ),
        {
          minItems: 1,
          maxItems: 1_000,
          description: "Of what comes back; all of it, and the codes, when left out",
        },
      ),
    ),
  },
  strict,
);
export const GivenBackView = Type.Object({ claims: Type.Array(ClaimView) }, strict);

const QuoteState = Type.Object(
  {
    id: QuoteId,
    state: Type.Enum(["open", "used", "revoked", "expired"] as const, {
      description: "revoked: something that it was priced with was switched off",
    }),
    created: Time,
    expires: Type.Integer({ description: "Epoch ms; so long the shop stands by it" }),
    channel: Type.String(),
    release: Digest,
    policy: Type.String(),
    prices: Type.Optional(
      Type.Object(
        { version: Type.Integer(), strategy: Type.String({ description: "Version of the strategies" }) },
        { ...strict, description: "The prices document that gave unit prices" },
      ),
    ),
    currency: Type.String(),
    total: Type.Integer({ description: "Minor units" }),
    customer: Type.Optional(Type.String()),
    order: Type.Optional(Type.String()),
  },
  strict,
);
/** By the SDK, whose JSON it is. */
const DecisionView = Type.Unsafe<object>({
  type: "object",
  additionalProperties: true,
  description: "What the cart costs and why, without costs and floors",
});
/** Whoever places the order sees by it whether it is the one that was quoted. */
const AskedView = Type.Unsafe<Asked>(
  Type.Omit(QuoteBody, ["cart", "revision", "compare"], {
    ...strict,
    description:
      "What it is for: that and nothing else is what the total is of; coupons by ids, since codes are not kept",
  }),
);
export const QuoteView = Type.Object({ quote: QuoteState, asked: AskedView, decision: DecisionView }, strict);
export const NewQuoteView = Type.Object(
  {
    quote: QuoteState,
    decision: DecisionView,
    receipt: Type.String({ description: "Signed: a DSSE envelope, base64url" }),
    pin: Type.String({ description: "As x-haggle-pin it keeps what is priced next on this release" }),
    coupons: Type.Optional(
      Type.Array(CouponView, { description: "Of each code, in the order in which they were given" }),
    ),
    allowances: Type.Optional(
      Type.Record(Type.String(), Type.Integer(), {
        description:
          "What is left of limits and budgets, for a cart in the browser; not of what only the server runs",
      }),
    ),
    ignored: Type.Optional(
      Type.Array(Type.String(), {
        description: "Places of attributes that do not count: the catalog says otherwise, or a key is needed",
      }),
    ),
    comparison: Type.Optional(ComparisonView),
  },
  strict,
);

export type QuoteBody = Static<typeof QuoteBody>;
export type AskedLine = Static<typeof Line>;
export type QuoteState = Static<typeof QuoteState>;
/** What is to be priced, wherever its lines came from. Its coupons are ids of codes: it is kept. */
export type Asked = Omit<QuoteBody, "cart" | "revision" | "compare" | "currency" | "lines" | "id"> & {
  /** Of the cart, as experiments over carts know it. */
  id: string;
  currency: string;
  lines: readonly AskedLine[];
};
