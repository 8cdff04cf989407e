// Judges the hostile modules. Bundled by esbuild for browsers, imported as it is in Node: the same sources in every host,
// so that what differs is the host.

import type { Cart, Decision, Engine } from "@haggle/sdk";
import { createEngine, HaggleError, verifyProfile } from "@haggle/sdk";

/** Base64, as it crosses in JSON. */
export type HostileShop = { bundle: string; release: string; root: string };
export type HostileCase = { name: string; bytes: string; shop?: HostileShop };
export type HostileInput = { cart: Cart; good: HostileShop; cases: HostileCase[] };

export type HostileVerdict = {
  name: string;
  /** Of the bytes alone: "ok", or the code and the offset. */
  profile: string;
  /** Of bytes that fit the profile, as a signed release: "ok", or the code. */
  engine?: string;
  /** What became of the same cart three times: the decision's JSON with its fuel, or the code and the place. */
  runs?: string[];
  /** What each export does when it is called alone with a million of fuel, and what it leaves of it. */
  calls?: string[];
  /** Whether a good engine priced as before after every run. */
  unharmed: boolean;
};

const FUEL = 1_000_000;
const CALLS = ["_initialize", "evaluate", "resume", "explain", "forfeit"];

export async function judgeHostile({ cart, good, cases }: HostileInput): Promise<HostileVerdict[]> {
  const engine = await openShop(good);
  const expected = say(engine.evaluate(cart));
  const verdicts: HostileVerdict[] = [];
  for (const { name, bytes: text, shop } of cases) {
    const verdict: HostileVerdict = { name, profile: profileOf(bytesOf(text)), unharmed: true };
    verdicts.push(verdict);
    if (shop === undefined) continue;
    const isUnharmed = () => say(engine.evaluate(cart)) === expected;
    const made = await openShop(shop).catch(codeOf);
    verdict.engine = typeof made === "string" ? made : "ok";
    verdict.unharmed = isUnharmed();
    if (verdict.engine === "ok" || verdict.engine === "ENGINE_INSTANTIATE") {
      verdict.calls = await callAlone(bytesOf(text));
    }
    if (typeof made === "string") continue;
    verdict.runs = [];
    for (let run = 0; run < 3; run++) {
      verdict.runs.push(say(made.evaluate(cart)));
      verdict.unharmed &&= isUnharmed();
    }
  }
  return verdicts;
}

function openShop({ bundle, release, root }: HostileShop): Promise<Engine> {
  return createEngine({
    bundle: bytesOf(bundle),
    release: bytesOf(release),
    root: bytesOf(root),
    development: true,
  });
}

/** All of a decision, so that every part of it is decoded. Where a part cannot be, this throws, and so it should. */
function say(decision: Decision): string {
  if (!decision.ok) return `${decision.error.code} at ${decision.error.at}`;
  const units = decision.lines.map(({ id }) => decision.unitDiscounts(id));
  return JSON.stringify([decision, units]);
}

function profileOf(bytes: Uint8Array): string {
  try {
    verifyProfile(bytes);
    return "ok";
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    return `${error.code} ${error.at}`;
  }
}

function codeOf(error: unknown): string {
  if (error instanceof HaggleError) return error.code;
  throw error;
}

/** The module without the SDK around it: nothing but its own fuel stops it. */
async function callAlone(bytes: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { exports } = new WebAssembly.Instance(await WebAssembly.compile(bytes));
  return CALLS.flatMap((name) => {
    const call = exports[name] as ((argument: number) => unknown) | undefined;
    if (call === undefined) return [];
    const fuel = exports.fuel as WebAssembly.Global;
    fuel.value = FUEL;
    try {
      call(3);
      return [`${name} returns with ${fuel.value}`];
    } catch (error) {
      // How deep a stack is, is the host's own: it may be at another frame that it ends.
      return [error instanceof RangeError ? `${name} overflows` : `${name} stops with ${fuel.value}`];
    }
  });
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
