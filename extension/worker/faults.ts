// Where a rule stopped. The sandbox keeps traps to itself, as a shop wants it; under a policy that refuses the cart then,
// it throws, and the host's stack names offsets in the bundle, which lead back to lines of rules.

import { type Code, errorText, faultCode, type HaggleError, type Promotion } from "@haggle/abi";
import type { Decision, Engine } from "@haggle/sdk";
import { findSourcePlace, type SourcePlace } from "@haggle/toolchain";
import type { RuleFault } from "../shared/runs.ts";

export type FaultsOptions = {
  decision: Decision;
  /** That made it. */
  engine: Engine;
  cart: unknown;
  /** An engine whose policy refuses a cart when a rule stops, for a part of the promotions. */
  refusing: (promotions: readonly Promotion[]) => Promise<Engine>;
  bundle: Uint8Array;
  /** Its source map. */
  findMap: () => Promise<string | undefined>;
};

/** So V8 and SpiderMonkey write frames; JavaScriptCore tells no offsets. */
const FRAME = /wasm-function\[\d+\]:0x([0-9a-f]+)/g;

/** The rules that stopped in a decision, in the order in which they ran. */
export async function findFaults(options: FaultsOptions): Promise<RuleFault[]> {
  const { decision, engine, cart, refusing } = options;
  if (!decision.ok) return findRefusal(decision.error, engine, options);
  const faults: RuleFault[] = [];
  let remaining = engine.promotions;
  for (const { id, error, status } of decision.promotions) {
    if (status !== "failed") continue;
    const alone = await refusing(remaining);
    const refused = alone.evaluate(cart);
    const [found] = refused.ok ? [] : await findRefusal(refused.error, alone, options);
    faults.push(found?.promotion === id ? found : faultOf(id, error ?? "ENGINE_RULE_TRAP", engine));
    // It gave nothing, so without it the others find the cart as they found it behind it.
    remaining = remaining.filter((promotion) => promotion.id !== id);
  }
  return faults;
}

/** The rule because of which a cart was refused, if that is why. */
async function findRefusal(
  error: HaggleError,
  engine: Engine,
  { bundle, findMap }: Pick<FaultsOptions, "bundle" | "findMap">,
): Promise<RuleFault[]> {
  if (error.code !== "ENGINE_RULE_REFUSED") return [];
  const { id } = engine.promotions[Number(/\d+/.exec(String(error.at)))]!;
  const fault = faultOf(id, faultCode(Number(error.value)), engine);
  const offsets = offsetsIn(error.cause);
  const map = offsets.length === 0 ? undefined : await findMap();
  if (map === undefined) return [fault];
  // An index that is not there is a mistake of whoever asked for it: the innermost frame that is the rules' own.
  const exact = offsets.map((offset) => findSourcePlace(map, bundle, offset)).find(isOfRules);
  const { file } = engine.rules.find(({ name }) => name === fault.rule) ?? {};
  // What was inlined has no frame, and stands between the rule's own code.
  const around = () =>
    offsets
      .map((offset) => findSourcePlace(map, bundle, offset, (each) => each === file))
      .find((place) => place !== undefined);
  const place = exact ?? around();
  return [{ ...fault, ...(place && { place }) }];
}

function isOfRules(place: SourcePlace | undefined): boolean {
  return place?.file.startsWith("rules/") === true;
}

function offsetsIn(cause: unknown): number[] {
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  return [...stack.matchAll(FRAME)].map(([, offset]) => Number.parseInt(offset!, 16));
}

function faultOf(promotion: string, code: Code, { promotions }: Engine): RuleFault {
  const rule = promotions.find(({ id }) => id === promotion)?.rule ?? promotion;
  return { promotion, rule, code, message: errorText(code) };
}
