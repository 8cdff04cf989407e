import {
  type BundleMetadata,
  type Cart,
  compileTable,
  createSymbols,
  DECIDED_DISCOUNT,
  DECIDED_STRIDE,
  DECIDED_TOTAL,
  DECISION_HEADER,
  HaggleError,
  type Policy,
  type Promotion,
  readI64,
  readOutcomes,
  TABLE,
  TABLE_READS,
} from "@haggle/abi";
import { type Candidates, writeCandidates } from "../candidates.ts";
import {
  createInstance,
  createSandbox,
  type Instance,
  instantiate,
  RUNS_PER_INSTANCE,
  type Sandbox,
  type SandboxOptions,
} from "../sandbox.ts";
import { attempt } from "./attempt.ts";

/**
 * A strategy's rule with its parameters, on a cart of which no line is like another, a piece of each. Tells what the line
 * at each position costs, or throws and tells nothing.
 *
 * @throws HaggleError with the rule's fault
 */
export type Rule = (cart: Cart, tell: (position: number, unitPrice: number) => void) => void;

/** Those of some promotions, each of which runs alone. `release` when they have run. */
export type Rules = { rules: (Rule | HaggleError)[]; release: () => void };

type Bundle = { module: WebAssembly.Module; metadata: BundleMetadata; policy: Policy };

/** An instance that is not in use: its memory, the runs it has behind it, and the words of its table. */
type Kept = { exports: WebAssembly.Exports; runs: number; words: number };

const NOT_FORCED: readonly number[] = [];

/** Prepares promotions of the pricing phase for the sandbox. */
export function createRuleMaker({ module, metadata, policy }: Bundle) {
  // The memory of an instance is 16 MiB, which takes long to get and longer to collect: one waits for the next pricing.
  let idle: Kept | undefined;

  function createHolder() {
    let held: { exports: WebAssembly.Exports; instance: Instance; words: number } | undefined;
    return {
      make(options: SandboxOptions): Instance {
        const kept = idle ?? { exports: instantiate(module, policy.fuel.base), runs: 0, words: 0 };
        idle = undefined;
        const { exports, runs } = kept;
        const first = TABLE >> 2;
        new Int32Array((exports.memory as WebAssembly.Memory).buffer).fill(0, first, first + kept.words);
        const instance = createInstance(options, exports);
        instance.runs = runs;
        held = { exports, instance, words: options.table.words.length };
        return instance;
      },
      /** One that ended in the middle of a run is nobody's any more. */
      release(): void {
        if (held === undefined || held.instance.runs >= RUNS_PER_INSTANCE) return;
        const { exports, instance, words } = held;
        idle = { exports, runs: instance.runs, words };
        held = undefined;
      },
    };
  }

  /** One instance for all of them. What cannot be prepared with others is so by itself. */
  return function makeRules(promotions: readonly Promotion[]): Rules {
    const holder = createHolder();
    const made = attempt(() => {
      const { bytes, symbols: added, promotions: placed } = compileTable(promotions, policy, metadata);
      const symbols = createSymbols([...metadata.symbols, ...added]);
      const words = new Int32Array((bytes.length + 3) >> 2);
      new Uint8Array(words.buffer).set(bytes);
      const table = { words, reads: words[TABLE_READS >> 2]! };
      let chosen: readonly number[] = [];
      const candidates: Candidates = {
        symbols,
        begin() {},
        select(memory) {
          writeCandidates(memory, chosen);
          return chosen;
        },
      };
      const off = new Uint8Array(placed.length);
      const options = { module, table, off, candidates, symbols, policy, server: true };
      const sandbox = createSandbox(options, holder.make);
      const places = new Map(placed.map(({ id }, place) => [id, [place]]));
      return promotions.map(
        ({ id }): Rule =>
          (cart, tell) => {
            chosen = places.get(id)!;
            readPrices(sandbox.run(cart, NOT_FORCED), tell);
          },
      );
    });
    if (!(made instanceof HaggleError)) return { rules: made, release: holder.release };
    holder.release();
    if (promotions.length === 1) return { rules: [made], release() {} };
    const half = promotions.length >> 1;
    const parts = [promotions.slice(0, half), promotions.slice(half)].map(makeRules);
    return {
      rules: parts.flatMap(({ rules }) => rules),
      release: () => parts.forEach(({ release }) => void release()),
    };
  };
}

/** The records as the sandbox has checked them: lines that differ are a record each. */
function readPrices(
  { encoded, decision }: ReturnType<Sandbox["run"]>,
  tell: (position: number, unitPrice: number) => void,
): void {
  const [outcome] = readOutcomes(decision);
  if (outcome?.error !== undefined) throw new HaggleError(outcome.error, "The rule failed");
  let at = DECISION_HEADER;
  for (let record = 0; record < encoded.records; record++, at += DECIDED_STRIDE) {
    const unitPrice = readI64(decision, at + DECIDED_TOTAL) + readI64(decision, at + DECIDED_DISCOUNT);
    tell(encoded.order[record]!, unitPrice);
  }
}
