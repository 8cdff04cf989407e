// Of each code that was given and gave nothing by itself, why. What became of a promotion its own sentence tells.

import type { Promotion } from "@haggle/abi";
import type { CouponOutcome } from "@haggle/sdk";
import type { Locale } from "@haggle/sdk/explain";
import { nearestTo } from "@haggle/toolchain/vocabulary";

type Sentences = {
  gaveNothing(code: string, promotions: readonly string[]): string;
  known(code: string): string;
  unknown(code: string): string;
  /** Behind it. */
  meant(code: string): string;
};

const SENTENCES: { readonly [Name in Locale]: Sentences } = {
  en: {
    gaveNothing: (code, promotions) =>
      `Coupon '${code}' gave nothing: it is for ${promotions.map((id) => `'${id}'`).join(", ")}.`,
    known: (code) => `Coupon '${code}' is tied to no promotion; a condition or a rule looks for it.`,
    unknown: (code) => `Coupon '${code}' belongs to nothing here.`,
    meant: (code) => ` Did you mean '${code}'?`,
  },
  "zh-CN": {
    gaveNothing: (code, promotions) =>
      `优惠券「${code}」未带来优惠：用于${promotions.map((id) => `「${id}」`).join("、")}。`,
    known: (code) => `优惠券「${code}」未绑定优惠，由条件或规则判断。`,
    unknown: (code) => `优惠券「${code}」不属于此处任何优惠。`,
    meant: (code) => `是否应为「${code}」？`,
  },
};

export function tellCoupons(
  coupons: readonly CouponOutcome[],
  promotions: readonly Promotion[],
  locale: Locale,
): string[] {
  const { gaveNothing, known, unknown, meant } = SENTENCES[locale];
  return coupons.flatMap(({ code, status, promotions: tied }) => {
    if (status === "applied") return [];
    if (status === "notApplied") return [gaveNothing(code, idsOf(tied))];
    if (status === "known") return [known(code)];
    const nearest = nearestTo(code, codesOf(promotions));
    return [unknown(code) + (nearest === undefined ? "" : meant(nearest))];
  });
}

function idsOf(promotions: readonly { id: string }[]): string[] {
  return promotions.map(({ id }) => id);
}

/** All that promotions ask for; a rule's own are not to be seen. */
function codesOf(promotions: readonly Promotion[]): string[] {
  return promotions.flatMap(({ coupon, conditions = [] }) => [
    ...(coupon === undefined ? [] : [coupon]),
    ...conditions.flatMap((condition) => {
      if (condition.kind !== "coupons") return [];
      const { match } = condition;
      return "length" in match ? match : [...(match.any ?? []), ...(match.every ?? [])];
    }),
  ]);
}
