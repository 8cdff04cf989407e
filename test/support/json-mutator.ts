// Changes JSON values at random: another value, a field more, less, twice or under a hostile name.

import { below, pick, type Random } from "./byte-mutator.ts";

/** Names and texts that mean something to JavaScript, to terminals or to databases, and nothing to Haggle. */
export const HOSTILE_TEXTS: readonly string[] = [
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "then", "toJSON"],
  ...["", " ", "\0", "a\0b", "\ud800", "\udc00x", "x\ud800", "\u202etxt.exe", "\u200f\u05d0\u202b", "\ufeff"],
  ...[
    "e\u0301",
    "\u00e9",
    "\u{1f600}",
    "\n\r\t\u001b[2J",
    "<script>",
    "'; drop table carts; --",
    "%00",
    "../../etc",
  ],
  ...["NaN", "Infinity", "-0", "1e999", "0x10", "null", "undefined", "true", "[object Object]"],
];

const HOSTILE_NUMBERS = [
  ...[
    0,
    -0,
    -1,
    1,
    0.5,
    1e-300,
    255,
    256,
    65_535,
    65_536,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 32 - 1,
    2 ** 32,
  ],
  ...[Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 63, 1e21, 1e308, -1e308, Number.NaN, Infinity, -Infinity],
];

/** As `JSON.parse` makes it: a name such as `__proto__` is a field like any other. */
type Fields = Record<string, unknown>;

/** One to three changes anywhere; the value given stays as it is. */
export function mutateJson(value: unknown, random: Random): unknown {
  let mutant = value;
  for (let changes = 1 + below(random, 3); changes > 0; changes--) mutant = change(mutant, random);
  return mutant;
}

/** Any value that JSON can hold, and some that it cannot. */
export function hostileValue(random: Random, depth = 0): unknown {
  switch (below(random, depth > 3 ? 5 : 9)) {
    case 0:
      return pick(HOSTILE_NUMBERS, random);
    case 1:
      return pick(HOSTILE_TEXTS, random);
    case 2:
      return pick([null, true, false, undefined, 10n, Symbol.iterator, new Date(Number.NaN)], random);
    case 3:
      return pick(HOSTILE_TEXTS, random).repeat(1 + below(random, 2000));
    case 4:
      return below(random, 2) === 0 ? [] : {};
    case 5:
      return Array.from({ length: below(random, 5) }, () => hostileValue(random, depth + 1));
    case 6:
      return new Array(below(random, 5000)).fill(pick(HOSTILE_NUMBERS, random));
    case 7: {
      // Deep enough for a reader that calls itself, not for JSON.stringify, which does.
      let nested: unknown = 1;
      for (let level = below(random, 600); level > 0; level--) nested = [nested];
      return nested;
    }
    default:
      return withField({}, pick(HOSTILE_TEXTS, random), hostileValue(random, depth + 1));
  }
}

/** Goes down from the top and changes something where the dice stop. */
function change(value: unknown, random: Random): unknown {
  const isList = Array.isArray(value);
  const isFields = typeof value === "object" && value !== null && !isList && !(value instanceof Date);
  const size = isList ? value.length : isFields ? Object.keys(value).length : 0;
  if (size > 0 && random() < 0.8) {
    const place = below(random, size);
    if (isList) return value.with(place, change(value[place], random));
    const name = Object.keys(value as Fields)[place]!;
    return withField(value as Fields, name, change((value as Fields)[name], random));
  }
  if (isList) {
    const place = below(random, size + 1);
    const copy = size > 0 ? value[below(random, size)] : hostileValue(random);
    return pick(
      [
        () => value.toSpliced(place, 1),
        () => value.toSpliced(place, 0, copy),
        () => value.toSpliced(place, 0, hostileValue(random)),
        () => value.toReversed(),
        () => hostileValue(random),
      ],
      random,
    )();
  }
  if (isFields) {
    const names = Object.keys(value);
    const name = names.length > 0 ? pick(names, random) : "name";
    const { [name]: field, ...others } = value as Fields;
    return pick(
      [
        () => others,
        () => withField(value as Fields, pick(HOSTILE_TEXTS, random), hostileValue(random)),
        () => withField(others, pick(HOSTILE_TEXTS, random), field),
        () => withField(value as Fields, name, hostileValue(random)),
        () => hostileValue(random),
      ],
      random,
    )();
  }
  if (typeof value === "number" && random() < 0.5) return value + pick([1, -1, 0.5, 2 ** 31, -value], random);
  if (typeof value === "string" && random() < 0.5) {
    const at = below(random, value.length + 1);
    return value.slice(0, at) + pick(HOSTILE_TEXTS, random) + value.slice(at + below(random, 2));
  }
  return hostileValue(random);
}

/** A copy in which the field is the object's own, whatever its name. */
function withField(fields: Fields, name: string, value: unknown): Fields {
  const copy = { ...fields };
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}
