import { explainError, nameAllMissing } from "@haggle/abi";
import type { Decision } from "@haggle/sdk";

/** What a case expects and the decision on its cart, as `json`, has not, as lines for people; of a refused cart why it is refused. */
export function problemsOf(expected: unknown, decision: Decision, json: unknown, cart: unknown): string[] {
  const problems = differences(expected, json);
  if (decision.ok || problems.length === 0 || expectsError(expected)) return problems;
  const error = nameAllMissing(decision.error, cart);
  return [`${error.code} ${explainError(error)}`];
}

function expectsError(expected: unknown): boolean {
  return typeof expected === "object" && expected !== null && "error" in expected;
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
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, (actual as Record<string, unknown>)[key], at === "" ? key : `${at}.${key}`),
    );
  }
  if (Object.is(expected, actual)) return [];
  return [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
}
