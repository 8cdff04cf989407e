// The promotions of a release when an experiment is over: everybody is in the winner, and nobody in another variant.

import type { Condition, Match, Promotion } from "@haggle/abi";
import { variantSegment } from "@haggle/sdk/experiments";

type SegmentsCondition = { kind: "segments"; match: Match; not?: boolean };
type Modes = { any?: readonly string[]; every?: readonly string[]; none?: readonly string[] };

/** What is known of a segment; undefined of those that are not the experiment's. */
type Known = (segment: string) => boolean | undefined;

/** Which of them named the experiment and stay, under the id of the promotion that they are a variant of. */
export type Resolved = { promotions: Promotion[]; names: Map<string, string> };

/** What a variant's id has behind that of its promotion. */
const SEPARATOR = "~";

/**
 * Without the experiment's conditions: those that the winner fulfils are left out, and with them the promotions that it
 * does not fulfil. undefined when no promotion names the experiment.
 */
export function resolveVariant(
  promotions: readonly Promotion[],
  experiment: string,
  winner: string,
): Resolved | undefined {
  const won = variantSegment(experiment, winner);
  const prefix = variantSegment(experiment, "");
  const known: Known = (segment) => (segment.startsWith(prefix) ? segment === won : undefined);
  if (!promotions.some((promotion) => listSegments(promotion).some((it) => known(it) !== undefined)))
    return undefined;
  const kept = promotions.flatMap((promotion) => resolvePromotion(promotion, known) ?? []);
  const ids = new Set(kept.map(({ id }) => id));
  const ending = `${SEPARATOR}${winner}`;
  const names = new Map<string, string>();
  for (const { id } of kept) {
    const base = id.slice(0, -ending.length);
    if (id.endsWith(ending) && base !== "" && !ids.has(base)) names.set(id, base);
  }
  return { promotions: kept, names };
}

function listSegments({ conditions = [] }: Promotion): string[] {
  return conditions.flatMap((condition) =>
    isOfSegments(condition) ? Object.values(modesOf(condition.match)).flat() : [],
  );
}

function isOfSegments(condition: Condition): condition is SegmentsCondition {
  return condition.kind === "segments";
}

/** undefined when it can never apply. */
function resolvePromotion(promotion: Promotion, known: Known): Promotion | undefined {
  const { conditions, ...rest } = promotion;
  if (conditions === undefined) return promotion;
  const left: Condition[] = [];
  for (const condition of conditions) {
    const resolved = isOfSegments(condition) ? resolveCondition(condition, known) : condition;
    if (resolved === false) return undefined;
    if (resolved !== true) left.push(resolved);
  }
  return { ...rest, ...(left.length > 0 && { conditions: left }) };
}

function resolveCondition(condition: SegmentsCondition, known: Known): SegmentsCondition | boolean {
  const modes = modesOf(condition.match);
  if (
    !Object.values(modes)
      .flat()
      .some((segment) => known(segment) !== undefined)
  )
    return condition;
  const left: Modes = {};
  let isFulfilled = true;
  for (const mode of ["any", "every", "none"] as const) {
    const segments = modes[mode];
    if (segments === undefined) continue;
    const open = resolveMode(mode, segments, known);
    if (open === true) continue;
    if (open === false) isFulfilled = false;
    else left[mode] = open;
  }
  const { not, ...rest } = condition;
  if (!isFulfilled) return not === true;
  if (Object.keys(left).length === 0) return not !== true;
  return { ...rest, match: left, ...(not !== undefined && { not }) };
}

/** Whether it holds; where that depends on other segments, on which. */
function resolveMode(
  mode: keyof Modes,
  segments: readonly string[],
  known: Known,
): readonly string[] | boolean {
  const open = segments.filter((segment) => known(segment) === undefined);
  const has = (is: boolean) => segments.some((segment) => known(segment) === is);
  if (mode === "any") return has(true) || (open.length > 0 && open);
  const fails = mode === "every" ? has(false) : has(true);
  return !fails && (open.length === 0 || open);
}

function modesOf(match: Match): Modes {
  return "length" in match ? { any: match } : match;
}
