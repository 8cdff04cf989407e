import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", maxLength: 64 });

/** Between what a browser could see and what it computed. */
const DRIFT_CAUSES = [
  "release",
  "prices",
  "experiments",
  "customer",
  "shipping",
  "tax",
  "attributes",
  "categories",
  "coupons",
  "allowances",
  "context",
  "time",
  "cart",
  "unsearched",
] as const;
/** Between what a browser could see and what the server knows. */
const SERVER_CAUSES = ["serverOnly", "marginFloor", "costs", "floors", "allowances"] as const;

export type DriftCause = (typeof DRIFT_CAUSES)[number];
export type ServerCause = (typeof SERVER_CAUSES)[number];

export const ClaimBody = Type.Object(
  {
    digest: Type.String({ ...Digest, description: "Of the browser's decision" }),
    release: Type.Optional(Type.String({ ...Digest, description: "By which it was computed" })),
    prices: Type.Optional(
      Type.Integer({ minimum: 0, description: "Version of the prices document; 0 where there was none" }),
    ),
  },
  { ...strict, description: "What the browser came to" },
);

export const ComparisonView = Type.Union(
  [
    Type.Object({ verdict: Type.Literal("match") }, strict),
    Type.Object(
      {
        verdict: Type.Literal("drift"),
        causes: Type.Array(Type.Union(DRIFT_CAUSES.map((cause) => Type.Literal(cause)))),
      },
      strict,
    ),
    Type.Object(
      {
        verdict: Type.Literal("notComparable"),
        causes: Type.Array(Type.Union(SERVER_CAUSES.map((cause) => Type.Literal(cause)))),
      },
      strict,
    ),
  ],
  { description: "The browser's decision against the server's" },
);

export type Claim = Static<typeof ClaimBody>;
export type Comparison =
  | { verdict: "match" }
  | { verdict: "drift"; causes: DriftCause[] }
  | { verdict: "notComparable"; causes: ServerCause[] };
