import { type Static, Type } from "typebox";

const strict = { additionalProperties: false };

const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

export const AnalysisBody = Type.Object(
  {
    alpha: Type.Optional(
      Type.Number({
        minimum: 0.0001,
        maximum: 0.5,
        description: "The chance that an interval is wrong, over all looks together. Of a draft only; 0.05.",
      }),
    ),
    tunedFor: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 1_000_000_000,
        description:
          "Units of both variants together for which intervals are tightest. Of a draft only; 5000.",
      }),
    ),
    guardrails: Type.Optional(
      Type.Object(
        {
          marginPerUnit: Type.Optional(
            Type.Object(
              { maxDrop: Share("By how much it may fall below the control's, relative to it.") },
              strict,
            ),
          ),
          discountPerOrder: Type.Optional(
            Type.Object(
              { maxRise: Type.Number({ minimum: 0, maximum: 100, description: "By how much it may rise." }) },
              strict,
            ),
          ),
        },
        { ...strict, description: "What a variant must not cost. Those that stood before are replaced." },
      ),
    ),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: "Why, for the audit log." }),
    ),
  },
  strict,
);
export type AnalysisBody = Static<typeof AnalysisBody>;

export const WinnerBody = Type.Object(
  {
    variant: Type.String({
      pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
      maxLength: 64,
      description: "That which is to stay; the control too.",
    }),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: "Why, for the audit log." }),
    ),
  },
  strict,
);
