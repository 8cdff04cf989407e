// The words of AssemblyScript that rules may not use, and those that they may: for the check, and for editors, which
// must not offer what the check refuses. The compiler is no part of it: nobody loads that for a list of words.

export { didYouMean, nearestTo } from "./did-you-mean.ts";

const NO_CLOCK = "a rule is a pure function of its context; the time is `ctx.now`";
export const NO_MEMORY = "rules have no access to raw memory";
const NO_OUTPUT = "a rule cannot write anywhere; give a reason or a message in its Result";

/** Names that asc knows and rules may not use, and what to do instead. */
export const BANNED_NAMES: Record<string, string> = {
  changetype: NO_MEMORY,
  unchecked: NO_MEMORY,
  load: NO_MEMORY,
  store: NO_MEMORY,
  memory: NO_MEMORY,
  heap: NO_MEMORY,
  atomic: NO_MEMORY,
  Atomics: NO_MEMORY,
  v128: NO_MEMORY,
  ArrayBuffer: NO_MEMORY,
  DataView: NO_MEMORY,
  idof: NO_MEMORY,
  offsetof: NO_MEMORY,
  Date: NO_CLOCK,
  performance: NO_CLOCK,
  console: NO_OUTPUT,
  trace: NO_OUTPUT,
  process: "a rule knows nothing but its context",
  crypto: "a rule is a pure function of its context; there is no randomness",
  seed: "a rule is a pure function of its context; there is no randomness",
  eval: "a rule is compiled before it is signed",
};

export const UNDERSCORES = "names with two underscores belong to the runtime";
export const NO_FLOAT = "amounts are integers in minor units; use Percent, mulDiv, min(a, b) and max(a, b)";
export const FLOAT_NAMES = new Set([
  ..."f32 f64 number Float32Array Float64Array Math Mathf NativeMath NativeMathf NaN Infinity parseFloat".split(
    " ",
  ),
]);

/**
 * asc's number types are namespaces too, and `i32.load` is raw memory that `noUnsafe` does not see. These members are
 * the harmless ones.
 */
export const NUMBER_TYPES = new Set("i8 i16 i32 i64 isize u8 u16 u32 u64 usize bool".split(" "));
export const NUMBER_MEMBERS = new Set(["MIN_VALUE", "MAX_VALUE"]);

/** Decorators of asc that do no harm in a rule file. The rest reach the runtime or the host. */
export const HARMLESS_DECORATORS = new Set(["inline", "final", "operator"]);
export const ASC_DECORATORS = new Set(["global", "unmanaged", "external", "builtin", "lazy", "unsafe"]);
export const OUR_DECORATORS = ["promo", "pricing"];
