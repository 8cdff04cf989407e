// A promotion that differs by the variant of an experiment is several promotions to the engine, of which each shopper
// meets one: what a file says in one place is written out here, before anything else reads it.

import { variantSegment } from "@haggle/sdk/experiments";

/** One of the promotions that a promotion of a file stands for. */
export type Sibling = {
  value: unknown;
  /** Undefined for the promotion as it is without a variant, which is also that of all variants it does not name. */
  variant?: string;
};

/**
 * The promotions that one of a file stands for: itself for everybody who is in none of its variants, and one for each
 * variant that is not `false`. What is no promotion with variants comes back as it is.
 *
 * @example
 * expandVariants({ id: "a", rule: "r", experiment: "x", variants: { b: { parameters: { off: 1 } }, c: false } });
 * // a, unless in b or c; and a~b with off: 1, in b
 */
export function expandVariants(promotion: unknown): Sibling[] {
  if (!isObject(promotion)) return [{ value: promotion }];
  const { experiment, variants, ...own } = promotion;
  if (typeof experiment !== "string" || !isObject(variants)) return [{ value: promotion }];
  const segments = Object.keys(variants).map((variant) => variantSegment(experiment, variant));
  const siblings = Object.entries(variants).filter(([, change]) => isObject(change));
  return [
    { value: withSegments(own, { none: segments }) },
    ...siblings.map(([variant, change]) => ({
      value: withSegments(changed(own, variant, change as object), {
        any: [variantSegment(experiment, variant)],
      }),
      variant,
    })),
  ];
}

/** The ids of the promotions that one of a file stands for. */
export function idsOf(promotion: unknown): string[] {
  return expandVariants(promotion).flatMap(({ value }) =>
    isObject(value) && typeof value.id === "string" ? [value.id] : [],
  );
}

function changed(own: Fields, variant: string, change: object): Fields {
  const { parameters, ...others } = change as Fields;
  return {
    ...own,
    ...others,
    ...(typeof own.id === "string" && { id: `${own.id}~${variant}` }),
    ...(isObject(parameters) && {
      parameters: { ...(isObject(own.parameters) ? own.parameters : {}), ...parameters },
    }),
  };
}

function withSegments(promotion: Fields, match: { any: string[] } | { none: string[] }): Fields {
  const { conditions = [] } = promotion;
  if (!Array.isArray(conditions)) return promotion;
  return { ...promotion, conditions: [...(conditions as unknown[]), { kind: "segments", match }] };
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
