import { type Static, Type } from "typebox";
import { opaqueId } from "../../platform/opaque.ts";
import { LimitSchema } from "../../platform/page.ts";

const strict = { additionalProperties: false };
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_BUDGETS = 20;
const MAX_USES = 1_000_000_000;

const CampaignId = Type.String({
  pattern: "^[!-~]{1,64}$",
  maxLength: 64,
  description: "The symbol that promotions name as their coupon",
});
const BudgetId = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$", maxLength: 64 });
const Time = Type.Integer({ minimum: 0, maximum: MAX_SAFE, description: "Epoch ms" });
const Amount = Type.Integer({ minimum: 0, maximum: MAX_SAFE });
const window = {
  from: Type.Optional(Time),
  until: Type.Optional(Type.Integer({ ...Time, description: "Epoch ms, not itself" })),
};

const budget = {
  id: BudgetId,
  allowance: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description:
        "From which promotions draw; left out, orders that a code of the campaign is used for are counted",
    }),
  ),
  counts: Type.Optional(
    Type.Enum(["uses", "money", "units"] as const, { description: "uses when left out" }),
  ),
  per: Type.Optional(
    Type.Enum(["campaign", "customer"] as const, {
      description: "campaign when left out; without a customer nothing is left of what each customer has",
    }),
  ),
  period: Type.Optional(
    Type.Enum(["day", "week", "month"] as const, {
      description: "It is there again in each, by the server's time zone",
    }),
  ),
  amount: Type.Optional(Type.Integer({ ...Amount, description: "Of uses or units" })),
  amounts: Type.Optional(
    Type.Record(Type.String({ pattern: "^[A-Z]{3}$" }), Amount, {
      maxProperties: 200,
      description: "Of money, in minor units by currency; a currency that is not there has nothing",
    }),
  ),
};
const BudgetBody = Type.Object(budget, strict);
const BudgetView = Type.Object(
  {
    ...budget,
    used: Type.Optional(
      Type.Union([Type.Integer(), Type.Record(Type.String(), Type.Integer())], {
        description: "Of all customers together, in the period that is now",
      }),
    ),
  },
  strict,
);

const campaign = {
  ...window,
  isOff: Type.Optional(Type.Boolean({ description: "Nothing is taken or placed with it" })),
};
export const CampaignBody = Type.Object(
  { ...campaign, budgets: Type.Optional(Type.Array(BudgetBody, { maxItems: MAX_BUDGETS })) },
  strict,
);
export const CampaignParams = Type.Object({ id: CampaignId }, strict);
export const CampaignQuery = Type.Object({ after: Type.Optional(CampaignId), limit: LimitSchema }, strict);
export const CampaignView = Type.Object(
  {
    id: CampaignId,
    ...window,
    isOff: Type.Boolean(),
    budgets: Type.Array(BudgetView),
    revision: Type.Integer(),
    createdAt: Time,
    updatedAt: Time,
  },
  strict,
);
export const CampaignsView = Type.Object(
  { campaigns: Type.Array(CampaignView), next: Type.Optional(CampaignId) },
  strict,
);

const CODE_CHARACTERS = 64;
/** Three characters at least of those that count. */
const CODE_PATTERN = "^-*(?:[^-\\s\\u0000-\\u001f\\u007f\\ud800-\\udfff]-*){3,64}$";
const ChosenCode = Type.String({
  pattern: CODE_PATTERN,
  maxLength: CODE_CHARACTERS,
  description: "Without spaces; case and hyphens do not count",
});
/** Whatever somebody has typed. */
export const EnteredCode = Type.String({ minLength: 1, maxLength: CODE_CHARACTERS });
const Uses = Type.Integer({
  minimum: 1,
  maximum: MAX_USES,
  description: "How many orders may use it; any number when left out",
});
const codeFields = {
  uses: Type.Optional(Uses),
  customer: Type.Optional(Type.Unsafe<string>({ ...opaqueId, description: "For this customer alone" })),
  ...window,
};
export const CodeBody = Type.Object({ code: ChosenCode, ...codeFields }, strict);
export const CodeSwitch = Type.Object({ code: EnteredCode, isOff: Type.Boolean() }, strict);
export const CodeLook = Type.Object({ code: EnteredCode }, strict);
export const CodeView = Type.Object(
  {
    campaign: CampaignId,
    ...codeFields,
    isOff: Type.Boolean({ description: "The code or its campaign" }),
    used: Type.Integer({ description: "Orders that use it" }),
  },
  { ...strict, description: "Without the code, which the server does not know" },
);

export const ResolveBody = Type.Object(
  {
    code: EnteredCode,
    customer: Type.Optional(
      Type.Unsafe<string>({ ...opaqueId, description: "Whom a shop's own server has before it" }),
    ),
  },
  strict,
);
export const ResolvedView = Type.Object({ campaign: CampaignId }, strict);

const BatchId = Type.String({ pattern: "^batch_[A-Za-z0-9_-]{24}$", maxLength: 30 });
export const BatchBody = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    uses: Type.Optional(Type.Integer({ ...Uses, description: "Of each; 1 when left out" })),
    prefix: Type.Optional(
      Type.String({ pattern: "^[A-Za-z0-9]{1,16}$", maxLength: 16, description: "What all begin with" }),
    ),
  },
  strict,
);
export const BatchParams = Type.Object({ id: CampaignId, batch: BatchId }, strict);
export const BatchView = Type.Object(
  {
    id: BatchId,
    campaign: CampaignId,
    state: Type.Enum(["making", "made", "forgotten"] as const, {
      description: "made: can be handed out; forgotten: the server cannot tell the codes any more",
    }),
    count: Type.Integer(),
    made: Type.Integer(),
    uses: Type.Integer({ description: "Of each" }),
    prefix: Type.Optional(Type.String()),
    forgottenAt: Type.Optional(
      Type.Integer({ description: "Epoch ms; until then its codes are handed out" }),
    ),
    createdAt: Time,
  },
  strict,
);
export const BatchesView = Type.Object({ batches: Type.Array(BatchView) }, strict);

export const CodesView = Type.Object(
  {
    read: Type.Integer(),
    written: Type.Integer(),
    unchanged: Type.Integer({ description: "The campaign had them already" }),
    refused: Type.Integer(),
    errors: Type.Array(
      Type.Object({ line: Type.Integer(), code: Type.String(), message: Type.String() }, strict),
      { description: "The first of what is wrong" },
    ),
    isWhole: Type.Boolean({ description: "The file was read to its end" }),
  },
  strict,
);

/** What an order took of a budget. `promotion` is empty where the order itself is a use of the campaign. */
export const ClaimView = Type.Object(
  {
    campaign: CampaignId,
    budget: BudgetId,
    promotion: Type.String(),
    amount: Type.Integer(),
    returned: Type.Integer(),
  },
  strict,
);

/** A code of a quote, and what became of it. */
export const CouponView = Type.Object(
  {
    state: Type.Enum(["applied", "notApplied", "refused"] as const, {
      description: "notApplied: nothing of the release gives anything for it, with this cart",
    }),
    campaign: Type.Optional(CampaignId),
    reason: Type.Optional(Type.String({ description: "Why it is refused; only to who has a key" })),
  },
  strict,
);

export type CampaignBody = Static<typeof CampaignBody>;
export type CampaignView = Static<typeof CampaignView>;
export type BudgetBody = Static<typeof BudgetBody>;
export type BudgetView = Static<typeof BudgetView>;
export type CodeBody = Static<typeof CodeBody>;
export type CodeView = Static<typeof CodeView>;
export type BatchBody = Static<typeof BatchBody>;
export type BatchView = Static<typeof BatchView>;
export type CodesView = Static<typeof CodesView>;
export type ClaimView = Static<typeof ClaimView>;
export type CouponView = Static<typeof CouponView>;
