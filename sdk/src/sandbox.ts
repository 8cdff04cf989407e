// Runs a bundle that passed the profile. The module gets no import object, so it can reach nothing but its memory;
// fuel bounds its time. Everything it says is read as numbers at checked addresses.

import {
  type Asked,
  CART,
  CART_CURRENCY,
  CART_HEADER,
  CART_SHIPPING,
  CART_SHIPPING_COUNT,
  type Cart,
  CONTROL,
  CONTROL_CURRENT,
  CONTROL_FAULT,
  CONTROL_RUN,
  CONTROL_SERVER,
  CONTROL_SLICE,
  checkDecision,
  DECISION,
  DECISION_CAPACITY,
  DECISION_HEADER,
  type EncodedCart,
  encodeCart,
  FAULT_FUEL,
  FAULT_NONE,
  FAULT_STACK,
  FAULT_TRAP,
  fuelLimit,
  LINE_QUANTITY,
  LINE_STRIDE,
  LINE_UNIT_PRICE,
  MAX_LINES,
  MAX_SHIPPING,
  MEMORY_BYTES,
  PHASE_PRICING,
  type Policy,
  PROMOTION_PHASE,
  PROMOTION_STRIDE,
  RUN_RESOLVER,
  RUN_RULE,
  readI64,
  refuse,
  SHIPPING_PRICE,
  SHIPPING_STRIDE,
  type ShareLists,
  type Symbols,
  TABLE,
  TABLE_COUNT,
  TABLE_PROMOTIONS,
} from "@haggle/abi";
import { type Candidates, createCandidates } from "./candidates.ts";
import { type Table, wordsAt } from "./table.ts";

export type SandboxOptions = {
  module: WebAssembly.Module;
  table: Table;
  /** One byte per promotion of the table: 1 switches it off. */
  off: Uint8Array;
  /** Those that the table and `off` give when left out. */
  candidates?: Candidates;
  symbols: Symbols;
  policy: Pick<Policy, "fuel" | "lines" | "onFault" | "tax" | "cash">;
  server: boolean;
};

export type Run = {
  encoded: EncodedCart;
  /** Indices into the table; a decision's promotions are positions in it. */
  candidates: readonly number[];
  decision: Int32Array;
  /** Its shares, where they were wanted. */
  lists?: ShareLists | undefined;
  fuelUsed: number;
};

/** Gives empty lists for a run of these candidates over so many records. */
export type MakeLists = (candidates: readonly number[], records: number) => ShareLists;

export type Sandbox = {
  /**
   * Prices a cart; the promotions in `forced`, by their indices in the table, are looked at whatever it holds.
   * Throws CART_* or ENGINE_*; the next run is not affected. `encode` gives what `encodeCart` would, and `makeLists` what
   * the shares are listed in while they are checked.
   */
  run(cart: Cart, forced: readonly number[], encode?: typeof encodeCart, makeLists?: MakeLists): Run;
};

/** Rebuilt after this many runs even when all went well: what a foreign bundle might hoard ends here. */
export const RUNS_PER_INSTANCE = 10_000;

const MAX_RECORDS = MAX_LINES + MAX_SHIPPING;

export type Instance = {
  words: Int32Array;
  fuel: WebAssembly.Global;
  evaluate: () => unknown;
  resume: () => unknown;
  forfeit: () => unknown;
  /**
   * That went well. As many as there may be while the module runs and its answer is read: whatever goes wrong there, the next run has
   * another instance.
   */
  runs: number;
};

export function createSandbox(options: SandboxOptions, make = createInstance): Sandbox {
  const { table, policy } = options;
  const pricing = countPricing(table);
  const candidates = options.candidates ?? createCandidates(table.words, options.symbols, options.off);
  let instance = make(options);
  const copyDecision = createCopier();
  const expected: Asked = {
    currency: 0,
    prices: new Float64Array(MAX_RECORDS),
    quantities: new Int32Array(MAX_RECORDS),
    isNet: policy.tax.prices === "net",
    cashStep: policy.cash?.step ?? 1,
  };
  return {
    run(cart, forced, encode = encodeCart, makeLists) {
      if (instance.runs >= RUNS_PER_INSTANCE) instance = make(options);
      const { words, fuel, runs } = instance;
      candidates.begin();
      const encoded = encode(cart, words, candidates.symbols, table.reads, policy.lines);
      const selected = candidates.select(words, forced);
      const budget = fuelLimit(
        policy.fuel,
        encoded.records,
        selected.length,
        pricing && selected.filter((each) => each < pricing).length,
      );
      noteCart(words, encoded.records, expected);
      instance.runs = RUNS_PER_INSTANCE;
      // Empties the reserve, in which a module could hoard fuel from run to run.
      instance.forfeit();
      fuel.value = budget;
      const length = evaluate(instance, policy.onFault, selected);
      const decision = copyDecision(words, checkLength(length));
      const { records } = encoded;
      const { size: symbols } = options.symbols;
      const counts = { lines: records, shipping: cart.shipping.length, promotions: selected.length, symbols };
      const lists = makeLists?.(selected, records + counts.shipping);
      checkDecision(decision, counts, expected, lists);
      instance.runs = runs + 1;
      return { encoded, candidates: selected, decision, lists, fuelUsed: budget - Number(fuel.value) };
    },
  };
}
/**
 * Calls the module until it says that it is done, and returns what it says. A rule that stops is not the end: the
 * engine resumes behind it. Whatever was thrown is told by what stands in the control block, and not touched.
 */
function evaluate(instance: Instance, onFault: Policy["onFault"], selected: readonly number[]): unknown {
  const { words, forfeit } = instance;
  let start = instance.evaluate;
  let stopped = -1;
  for (;;) {
    try {
      return start();
    } catch (error) {
      const current = words[(CONTROL + CONTROL_CURRENT) >> 2]!;
      const fault = findFault(instance, error);
      // One rule stops once, and behind those that stopped before: else a module would never come to an end.
      if (fault === undefined || current <= stopped || current >= selected.length) {
        const value = words[(CONTROL + CONTROL_FAULT) >> 2];
        throw refuse("ENGINE_RESOLVER_FAULT", "engine", value, error);
      }
      if (onFault === "refuse")
        throw refuse("ENGINE_RULE_REFUSED", `promotions[${selected[current]}]`, fault, error);
      stopped = current;
      words[(CONTROL + CONTROL_FAULT) >> 2] = fault;
      // What stops between here and the next rule is no rule's: too little fuel is left to go on, for one.
      words[(CONTROL + CONTROL_RUN) >> 2] = RUN_RESOLVER;
      forfeit();
      start = instance.resume;
    }
  }
}

/** What the cart in memory says, before the module can change it. */
function noteCart(words: Int32Array, records: number, asked: Asked): void {
  const { prices, quantities } = asked;
  asked.currency = words[(CART + CART_CURRENCY) >> 2]!;
  let at = CART + CART_HEADER;
  for (let i = 0; i < records; i++, at += LINE_STRIDE) {
    quantities[i] = words[(at + LINE_QUANTITY) >> 2]!;
    prices[i] = readI64(words, at + LINE_UNIT_PRICE) * quantities[i]!;
  }
  at = words[(CART + CART_SHIPPING) >> 2]!;
  const end = records + words[(CART + CART_SHIPPING_COUNT) >> 2]!;
  for (let i = records; i < end; i++, at += SHIPPING_STRIDE) {
    quantities[i] = 1;
    prices[i] = readI64(words, at + SHIPPING_PRICE);
  }
}

/** How many promotions of the table, which has them first, are of the pricing phase. */
function countPricing({ words }: Table): number {
  const count = words[TABLE_COUNT >> 2]!;
  const phase = (wordsAt(words, TABLE_PROMOTIONS, count * PROMOTION_STRIDE) << 2) + PROMOTION_PHASE;
  let pricing = 0;
  while (pricing < count && words[(phase + pricing * PROMOTION_STRIDE) >> 2] === PHASE_PRICING) pricing++;
  return pricing;
}

/** Exports are looked up one by one and never spread or awaited; the profile fixed their types. */
export function createInstance(
  { module, table, server, policy }: SandboxOptions,
  exports = instantiate(module, policy.fuel.base),
): Instance {
  const { buffer } = exports.memory as WebAssembly.Memory;
  const words = new Int32Array(buffer);
  if (buffer.byteLength !== MEMORY_BYTES) throw refuse("ENGINE_ABI", "memory", buffer.byteLength);
  words.set(table.words, TABLE >> 2);
  words[(CONTROL + CONTROL_SERVER) >> 2] = server ? 1 : 0;
  words[(CONTROL + CONTROL_SLICE) >> 2] = policy.fuel.perPromotion;
  return {
    words,
    fuel: exports.fuel as WebAssembly.Global,
    evaluate: exports.evaluate as () => unknown,
    resume: exports.resume as () => unknown,
    forfeit: exports.forfeit as () => unknown,
    runs: 0,
  };
}

/**
 * Fails where there is no memory left, which no profile can foresee. `_initialize` is what the standard library
 * prepares for itself, where rules use such parts of it: code like any other, so it pays.
 */
export function instantiate(module: WebAssembly.Module, fuel: number): WebAssembly.Exports {
  try {
    const { exports } = new WebAssembly.Instance(module);
    (exports.fuel as WebAssembly.Global).value = fuel;
    (exports._initialize as (() => unknown) | undefined)?.();
    return exports;
  } catch (cause) {
    throw refuse("ENGINE_INSTANTIATE", undefined, undefined, cause);
  }
}

/** Why the running rule stopped, or undefined when it was no rule that did. */
function findFault({ words, fuel }: Instance, error: unknown): number | undefined {
  if (words[(CONTROL + CONTROL_RUN) >> 2] !== RUN_RULE) return undefined;
  if (error instanceof RangeError) return FAULT_STACK;
  const fault = words[(CONTROL + CONTROL_FAULT) >> 2]!;
  if (fault !== FAULT_NONE) return fault;
  return Number(fuel.value) < 0 ? FAULT_FUEL : FAULT_TRAP;
}

/** The length is the module's word, so it is checked. */
function checkLength(length: unknown): number {
  const size = Number(length);
  if (!(size >= DECISION_HEADER && size <= DECISION_CAPACITY) || size % 8 !== 0) {
    throw refuse("ENGINE_DECISION_INVALID", "length", size);
  }
  return size;
}

/** 64 KiB hold about ten decisions of 50 promotions; a kept decision keeps no more than that alive. */
const SLAB_WORDS = 16_384;

/**
 * Copies decisions out of the memory, which belongs to the next run. Several share one buffer: a buffer of its own
 * for each cost as much as the rules' run, most of it in the garbage collector.
 */
function createCopier(): (words: Int32Array, size: number) => Int32Array {
  let slab = new Int32Array(0);
  let free = 0;
  return (words, size) => {
    const count = size >> 2;
    if (free + count > slab.length) {
      slab = new Int32Array(Math.max(SLAB_WORDS, count));
      free = 0;
    }
    const copy = slab.subarray(free, free + count);
    copy.set(words.subarray(DECISION >> 2, (DECISION >> 2) + count));
    free += count;
    return copy;
  };
}
