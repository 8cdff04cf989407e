import { errorText, explainError, nameAllMissing } from "@haggle/abi";
import type { Decision } from "@haggle/sdk";
import { nearestTo } from "../did-you-mean.ts";

/**
 * What a case expects and the decision on its cart, as `json`, has not, as lines for people; of a refused cart why it is refused, and
 * which promotions failed.
 */
export function problemsOf(expected: unknown, decision: Decision, json: unknown, cart: unknown): string[] {
  const problems = differences(expected, json);
  if (decision.ok) return [...problems, ...(states(expected, "promotions") ? [] : failures(decision))];
  if (problems.length === 0 || states(expected, "error")) return problems;
  const error = nameAllMissing(decision.error, cart);
  return [`${error.code} ${explainError(error)}`];
}

function states(expected: unknown, field: string): boolean {
  return typeof expected === "object" && expected !== null && field in expected;
}

/** A rule that was stopped gives nothing, which is what many cases expect. Whoever means it expects it in `promotions`. */
function failures({ promotions }: Decision & { ok: true }): string[] {
  return promotions
    .filter(({ status }) => status === "failed")
    .map(({ id, error = "ENGINE_RULE_TRAP" }) => `'${id}' failed: ${error} ${errorText(error)}`);
}

/** Where `actual` is not what `expected` says, as lines for people. Objects of `expected` may leave fields out. */
function differences(expected: unknown, actual: unknown, at = ""): string[] {
  const place = at === "" ? "decision" : at;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
    }
    return expected.flatMap((item, index) => differences(item, actual[index], `${at}[${index}]`));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) {
      return [`${place}: expected an object, got ${JSON.stringify(actual)}`];
    }
    return Object.entries(expected).flatMap(([key, value]) => {
      const inside = at === "" ? key : `${at}.${key}`;
      if (Object.hasOwn(actual, key)) {
        return differences(value, (actual as Record<string, unknown>)[key], inside);
      }
      const nearest = nearestTo(key, Object.keys(actual));
      const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
      return [`${inside}: expected ${JSON.stringify(value)}, and there is no such field${hint}`];
    });
  }
  if (Object.is(expected, actual)) return [];
  return [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
}
