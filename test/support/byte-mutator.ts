// Changes bytes at random, as an attacker without a plan would, and as one with a plan: where it pays, in runs of
// whole instructions, and with the lengths put right again, so that not every mutant dies of its first byte.

import { OP_I32_CONST, pushS32, pushU32, SECTION_ELEMENT, SECTION_EXPORT } from "@haggle/abi";
import { codeSectionOf, type ReadModule } from "./second-reader.ts";

export type Random = () => number;

/** Bytes with a meaning somewhere: opcodes of control and variables, ends of LEB128 numbers, zero and the like. */
const INTERESTING = [
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x1a, 0x1b],
  ...[0x20, 0x21, 0x22, 0x23, 0x24, 0x28, 0x36, 0x3f, 0x40, 0x41, 0x42, 0x48, 0x60, 0x6a, 0x6b],
  ...[0x70, 0x7e, 0x7f, 0x80, 0x81, 0xfc, 0xff],
];

/** So much is taken apart for one edit: copying all of a large file for each took most of the time. */
const WINDOW_BYTES = 256;

/** One to four edits anywhere; the bytes given stay as they are. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let edited: Uint8Array<ArrayBuffer> = Uint8Array.from(bytes);
  for (let edits = 1 + below(random, 4); edits > 0; edits--) {
    const from = below(random, Math.max(1, edited.length - WINDOW_BYTES / 2));
    const to = Math.min(edited.length, from + WINDOW_BYTES);
    const window = edit(Array.from(edited.subarray(from, to)), random);
    // A cut that takes the end of the window takes the rest as well, now and then.
    const rest = window.length < to - from && random() < 0.1 ? [] : edited.subarray(to);
    edited = concat([edited.subarray(0, from), window, rest]);
  }
  return edited;
}

export type ModuleMutator = (random: Random) => Uint8Array<ArrayBuffer>;

type Range = { at: number; end: number };

/** `hot` are ranges of the code that get edits of their own: fuel code is little where there is much else. */
export function createModuleMutator(
  bytes: Uint8Array,
  module: ReadModule,
  hot: readonly Range[],
): ModuleMutator {
  const isHot = ({ at }: Range) => hot.some((range) => range.at <= at && at < range.end);
  const cold = module.functions.flatMap(({ operators }) => operators.filter((each) => !isHot(each)));
  const pickRange = (random: Random): Range => pick(random() < 0.3 ? hot : cold, random);
  return (random) => {
    const dice = random();
    if (dice < 0.06) return mutateBytes(bytes, random);
    if (dice < 0.14) return overwriteShell(bytes, module, random);
    if (dice < 0.18) return reweigh(bytes, hot, random);
    if (dice < 0.5) return overwrite(bytes, pickRange, random);
    return rebuild(bytes, module, pickRange, random);
  };
}

/** The same module, where each charge of `charges` takes so much more: mutants with more code may then be accepted. */
export function withRoom(
  bytes: Uint8Array,
  module: ReadModule,
  charges: readonly { at: number; weight: number }[],
  room: number,
): Uint8Array<ArrayBuffer> {
  const weights = new Map(charges.map(({ at, weight }) => [at, weight + room]));
  const changed = new Map(
    module.functions.map(({ operators }, index) => [
      index,
      operators.flatMap(({ at, end }) => {
        const weight = weights.get(at);
        if (weight === undefined) return Array.from(bytes.subarray(at, end));
        const constant = [OP_I32_CONST];
        pushS32(constant, weight);
        return constant;
      }),
    ]),
  );
  return withBodies(bytes, module, changed);
}

/** A few bytes of the code changed, in their places: no length changes. */
function overwrite(
  bytes: Uint8Array,
  pickRange: (random: Random) => Range,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const mutant = Uint8Array.from(bytes);
  for (let edits = 1 + below(random, 3); edits > 0; edits--) {
    const { at, end } = pickRange(random);
    // Now and then the byte behind the range, which may be anything.
    const place = at + below(random, end - at + 1);
    mutant[place] = changeByte(mutant[place]!, random);
  }
  return mutant;
}

/** A byte outside the code changed, or another function put where one is exported or lies in the table. */
function overwriteShell(bytes: Uint8Array, module: ReadModule, random: Random): Uint8Array<ArrayBuffer> {
  const mutant = Uint8Array.from(bytes);
  const { functions, exports, elements, sections } = module;
  const named = sections.find(({ id }) => id === SECTION_EXPORT)!;
  const table = sections.find(({ id }) => id === SECTION_ELEMENT);
  const dice = random();
  if (dice < 0.3) {
    // Behind the name there is the kind, and then the index.
    const name = new TextEncoder().encode(pick(exports, random).name);
    let at = named.offset;
    while (!name.every((byte, index) => bytes[at + index] === byte)) at++;
    mutant[at + name.length + 1] = below(random, functions.length) & 0x7f;
  } else if (dice < 0.6 && table !== undefined) {
    mutant[table.offset + table.size - 1 - below(random, elements.length)] =
      below(random, functions.length) & 0x7f;
  } else {
    const code = codeSectionOf(module);
    const { offset, size } = pick(
      sections.filter((section) => section.offset !== code.offset),
      random,
    );
    const at = offset + below(random, size);
    mutant[at] = changeByte(mutant[at]!, random);
  }
  return mutant;
}

/** The constant of one piece of fuel code changed: most of them are weights. */
function reweigh(bytes: Uint8Array, hot: readonly Range[], random: Random): Uint8Array<ArrayBuffer> {
  const mutant = Uint8Array.from(bytes);
  const { at, end } = pick(hot, random);
  const constant = bytes.subarray(at, end).indexOf(OP_I32_CONST);
  if (constant >= 0) mutant[at + constant + 1] = pick([0x00, 0x01, 0x02, 0x3f, 0x40, 0x7f, 0x80], random);
  return mutant;
}

/** One or two bodies edited by whole instructions or by bytes, and all lengths written anew. */
function rebuild(
  bytes: Uint8Array,
  module: ReadModule,
  pickRange: (random: Random) => Range,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const changed = new Map<number, number[]>();
  for (let edits = 1 + below(random, 2); edits > 0; edits--) {
    const range = pickRange(random);
    const index = module.functions.findIndex(({ codeAt, end }) => codeAt <= range.at && range.at < end);
    const known = changed.get(index);
    if (known !== undefined) {
      changed.set(index, edit(known, random));
      continue;
    }
    const { operators, end } = module.functions[index]!;
    const cuts = [...operators.map(({ at }) => at), end];
    const near = operators.findIndex(({ at }) => at >= range.at);
    changed.set(index, editRuns(bytes, cuts, near, snippetFor(module, random), random));
  }
  return withBodies(bytes, module, changed);
}

/** Instructions deleted, doubled, swapped, copied to elsewhere, or one of them replaced. */
function editRuns(
  bytes: Uint8Array,
  cuts: readonly number[],
  near: number,
  snippet: readonly number[],
  random: Random,
): number[] {
  const count = cuts.length - 1;
  const from = Math.min(count - 1, near + below(random, 3));
  const to = Math.min(count, from + 1 + below(random, 6));
  const other = below(random, count + 1);
  const run = (first: number, last: number) => Array.from(bytes.subarray(cuts[first]!, cuts[last]!));
  switch (below(random, 6)) {
    case 0:
      return [...run(0, from), ...run(to, count)];
    case 1:
      return [...run(0, to), ...run(from, count)];
    case 2: {
      const next = Math.min(count, to + 1 + below(random, 4));
      return [...run(0, from), ...run(to, next), ...run(from, to), ...run(next, count)];
    }
    case 3:
      return [...run(0, other), ...run(from, to), ...run(other, count)];
    case 4:
      return [...run(0, from), ...snippet, ...run(from, count)];
    default:
      return [...run(0, from), ...snippet, ...run(to, count)];
  }
}

/** One of the snippets, or a call of any function: with the operand that most of them take, or without. */
function snippetFor({ functions }: ReadModule, random: Random): readonly number[] {
  if (random() < 0.7) return pick(SNIPPETS, random);
  const call = [0x10];
  pushU32(call, below(random, functions.length));
  return random() < 0.5 ? call : [0x41, 0, ...call];
}

/** Small pieces of code, most of which leave the stack as they found it, or leave the function. */
const SNIPPETS: readonly (readonly number[])[] = [
  "01 | 0f | 00 | 0b | 05", // nop, return, unreachable, end, else
  "03 40 0b | 02 40 0b | 03 40 0c 00 0b", // loop end, block end, loop br 0 end
  "0c 00 | 0c 01 | 0c 02 | 41 00 0d 00 | 41 01 0d 01 | 41 00 0e 01 00 01", // br, br_if, br_table
  "41 00 11 00 00 | 41 00 41 00 11 00 00", // call_indirect of the first type
  "41 00 1a | 20 00 21 01 | 20 01 1a", // i32.const drop; local.get local.set; local.get drop
  "41 7f 24 00 | 23 00 24 00 | 41 ff ff 03 24 00", // global.set of the first global
]
  .flatMap((line) => line.split(" | "))
  .map((hex) => hex.split(" ").map((byte) => Number.parseInt(byte, 16)));

/** The module with other code in some bodies; declared locals stay. */
function withBodies(
  bytes: Uint8Array,
  module: ReadModule,
  changed: ReadonlyMap<number, number[]>,
): Uint8Array<ArrayBuffer> {
  const { offset, size } = codeSectionOf(module);
  const parts: ArrayLike<number>[] = [u32(module.functions.length)];
  let start = offset + parts[0]!.length;
  for (const [index, { codeAt, end }] of module.functions.entries()) {
    // What stands before the code of a body is its size and its locals.
    let head = start;
    while (bytes[head]! >= 0x80) head++;
    const locals = bytes.subarray(head + 1, codeAt);
    const code = changed.get(index) ?? bytes.subarray(codeAt, end);
    parts.push(u32(locals.length + code.length), locals, code);
    start = end;
  }
  let sizeAt = offset - 1;
  while (bytes[sizeAt - 1]! >= 0x80) sizeAt--;
  const payload = parts.reduce((sum, part) => sum + part.length, 0);
  return concat([bytes.subarray(0, sizeAt), u32(payload), ...parts, bytes.subarray(offset + size)]);
}

function u32(value: number): number[] {
  const out: number[] = [];
  pushU32(out, value);
  return out;
}

function concat(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** One edit: a byte changed, bytes put in, taken out, doubled, swapped, or the end cut off. */
function edit(bytes: number[], random: Random): number[] {
  if (bytes.length < 4) return [...bytes, below(random, 256)];
  const at = below(random, bytes.length);
  const length = 1 + below(random, Math.min(16, bytes.length - at));
  const range = bytes.slice(at, at + length);
  switch (below(random, 8)) {
    case 0:
      return bytes.toSpliced(at, 0, pick(INTERESTING, random));
    case 1:
      return bytes.toSpliced(at, length);
    case 2:
      return bytes.toSpliced(at, 0, ...range);
    case 3: {
      const to = below(random, bytes.length);
      const other = bytes.slice(to, to + length);
      const swapped = bytes.with(at, other[0]!);
      for (const [index, byte] of other.entries()) if (at + index < bytes.length) swapped[at + index] = byte;
      for (const [index, byte] of range.entries()) if (to + index < bytes.length) swapped[to + index] = byte;
      return swapped;
    }
    case 4:
      return random() < 0.2 ? bytes.slice(0, at) : bytes.with(at, changeByte(bytes[at]!, random));
    default:
      return bytes.with(at, changeByte(bytes[at]!, random));
  }
}

/** Half of them one bit away, where opcodes, indices and small weights have their neighbours. */
function changeByte(byte: number, random: Random): number {
  const dice = random();
  if (dice < 0.5) return byte ^ (1 << below(random, 8));
  return dice < 0.75 ? pick(INTERESTING, random) : below(random, 256);
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(values: readonly T[], random: Random): T {
  return values[below(random, values.length)]!;
}
