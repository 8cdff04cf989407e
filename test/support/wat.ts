// Text modules to bytes, for tests that write WebAssembly by hand.

import { pushU32 } from "@haggle/abi";
import wabt from "wabt";
import { DECISION_BYTES, placeOf } from "./hostile-decision.ts";

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  code_metadata: true,
  gc: true,
  memory64: true,
  extended_const: true,
  relaxed_simd: true,
};

let loading: ReturnType<typeof wabt> | undefined;

/** Compiles text without judging it: hostile modules must come out as they were written. */
export async function compileWat(text: string): Promise<Uint8Array<ArrayBuffer>> {
  loading ??= wabt();
  const module = (await loading).parseWat("test.wat", expandMacros(text), FEATURES);
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: false }).buffer);
  } finally {
    module.destroy();
  }
}

/** Appends a custom section, such as the metadata that the profile demands. */
export function withCustomSection(bytes: Uint8Array, name: string, payload = "{}"): Uint8Array<ArrayBuffer> {
  const out = [...bytes, 0];
  const head = new TextEncoder().encode(name);
  const content = new TextEncoder().encode(payload);
  pushU32(out, 1 + head.length + content.length);
  return Uint8Array.from([...out, head.length, ...head, ...content]);
}

// What a metered module consists of besides its own code; see test/vectors/hostile/README.md.
const DRY = "i32.const 0 i32.lt_s if i32.const -1 global.set $fuel unreachable end";
const FORFEIT = "global.get $reserve global.set $fuel i32.const 0 global.set $reserve";
const SLICE_ENTER = `local.get 0 i32.const 0 i32.lt_s global.get $fuel local.get 0 i32.lt_s i32.or
  global.get $reserve i32.or if unreachable end
  global.get $fuel local.get 0 i32.sub global.set $reserve local.get 0 global.set $fuel`;
const SLICE_LEAVE =
  "global.get $fuel global.get $reserve i32.add global.set $fuel i32.const 0 global.set $reserve";
type Macro = [pattern: RegExp, meaning: string | ((match: string, ...groups: string[]) => string)];
const MACROS: readonly Macro[] = [
  [/@frame\b/g, "@memory @globals @exports"],
  // All but `evaluate` and `resume`, in the memory of a bundle, with a decision where one belongs.
  [/@shop\b/g, "@shopmemory @globals @forfeit @slices @decision"],
  // What a module has before the meter, besides `explain`, which the programs are written in.
  [
    /@unmetered\b/g,
    '@memory (func (export "evaluate") (result i32) i32.const 0) (func (export "resume") (result i32) i32.const 0)',
  ],
  [/@memory\b/g, '(memory (export "memory") 1 1)'],
  [/@shopmemory\b/g, '(memory (export "memory") 256 256)'],
  [/@decision\b/g, `(data (i32.const ${placeOf("DECISION")}) "${textOf(DECISION_BYTES)}")`],
  [
    /@globals\b/g,
    '(global $fuel (export "fuel") (mut i32) (i32.const 0)) (global $reserve (mut i32) (i32.const 0))',
  ],
  [/@exports\b/g, "@evaluate @resume @forfeit"],
  [/@evaluate\b/g, '(func $evaluate (export "evaluate") (result i32) @plain 1 i32.const 0)'],
  [/@resume\b/g, '(func $resume (export "resume") (result i32) @plain 1 i32.const 0)'],
  [/@forfeit\b/g, `(func $forfeit (export "forfeit") ${FORFEIT})`],
  [/@slices\b/g, `(func $sliceEnter (param i32) ${SLICE_ENTER}) (func $sliceLeave ${SLICE_LEAVE})`],
  [/@plain (-?\d+)/g, `global.get $fuel i32.const $1 i32.sub global.set $fuel global.get $fuel ${DRY}`],
  [/@cached (-?\d+)/g, `global.get $fuel i32.const $1 i32.sub local.tee $L ${DRY}`],
  [/@head (-?\d+)/g, `local.get $L i32.const $1 i32.sub local.tee $L ${DRY}`],
  [/@flush\b/g, "local.get $L global.set $fuel"],
  [/@refresh\b/g, "global.get $fuel local.set $L"],
  [/@length\b/g, `i32.const ${DECISION_BYTES.length}`],
  [/@at (\S+)/g, (_, place) => `i32.const ${placeOf(place!)}`],
  [
    /@set (\S+) (-?[\w[\]+]+)/g,
    (_, place, value) => `i32.const ${placeOf(place!)} ${constant("i32", value!)} i32.store`,
  ],
  [
    /@set64 (\S+) (-?\w+)/g,
    (_, place, value) => `i32.const ${placeOf(place!)} ${constant("i64", value!)} i64.store`,
  ],
];

function expandMacros(text: string): string {
  return MACROS.reduce(
    (expanded, [macro, meaning]) =>
      typeof meaning === "string" ? expanded.replace(macro, meaning) : expanded.replace(macro, meaning),
    text,
  );
}

/** A number, or what a place stands for. */
function constant(type: "i32" | "i64", value: string): string {
  return `${type}.const ${/^-?\d/.test(value) ? value : placeOf(value)}`;
}

/** As a string of the text format. */
function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}
