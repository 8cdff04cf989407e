import { HaggleError } from "./errors.ts";

// Strict readers of signed JSON. They check a value and rebuild it: what comes out holds the known fields only, in
// the order of the shape, so that `JSON.stringify` of it has one spelling.

/** Reads one untrusted value at the JSON path `at`; throws DOCUMENT_BAD_FIELD or DOCUMENT_UNKNOWN_FIELD. */
export type Read<T> = (value: unknown, at: string) => T;

/** One reader for each field of `T`, in the order in which the fields are written. */
export type Shape<T> = { readonly [Key in keyof T]-?: Read<Exclude<T[Key], undefined>> };

type OptionalKey<T> = { [Key in keyof T]-?: object extends Pick<T, Key> ? Key : never }[keyof T];

/** An object with exactly the fields of `shape`; those named in `optional` may be absent. */
export function object<T extends object>(
  shape: Shape<T>,
  optional: readonly (OptionalKey<T> & string)[] = [],
): Read<T> {
  const readers = shape as Record<string, Read<unknown>>;
  const mayMiss = optional as readonly string[];
  return (value, at) => {
    const fields = asObject(value, at);
    for (const key of Object.keys(fields)) {
      if (!Object.hasOwn(readers, key)) {
        throw new HaggleError("DOCUMENT_UNKNOWN_FIELD", "unknown field", { at, value: key });
      }
    }
    const result: Record<string, unknown> = {};
    for (const [key, read] of Object.entries(readers)) {
      if (Object.hasOwn(fields, key)) result[key] = read(fields[key], `${at}.${key}`);
      else if (!mayMiss.includes(key)) throw bad("missing field", `${at}.${key}`, undefined);
    }
    return result as T;
  };
}

/** An object used as a map of at most `max` entries, with keys that match `pattern`; they come out sorted. */
export function map<T>(pattern: RegExp, read: Read<T>, max: number): Read<Record<string, T>> {
  return (value, at) => {
    const entries = Object.entries(asObject(value, at));
    if (entries.length > max) throw bad(`more than ${max} entries`, at, entries.length);
    return Object.fromEntries(
      entries
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([key, entry]) => [matching(pattern)(key, at), read(entry, `${at}.${key}`)]),
    );
  };
}

export function list<T>(read: Read<T>, max: number, min = 0): Read<T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      throw bad(`not a list of ${min} to ${max}`, at, value);
    }
    return value.map((entry, index) => read(entry, `${at}[${index}]`));
  };
}

export function literal<const T extends string | boolean>(expected: T): Read<T> {
  return (value, at) => {
    if (value !== expected) throw bad(`not ${JSON.stringify(expected)}`, at, value);
    return expected;
  };
}

/** A safe integer; minus zero, which JSON can spell, is refused like any other second spelling. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return (value, at) => {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw bad("not a safe integer", at, value);
    const number = value as number;
    if (number < min || number > max) throw bad(`not within ${min} and ${max}`, at, value);
    return number;
  };
}

export function string(value: unknown, at: string): string {
  if (typeof value !== "string") throw bad("not a string", at, value);
  return value;
}

export function matching(pattern: RegExp): Read<string> {
  return (value, at) => {
    if (typeof value !== "string" || !pattern.test(value)) throw bad(`does not match ${pattern}`, at, value);
    return value;
  };
}

export function bad(message: string, at: string, value: unknown): HaggleError {
  return new HaggleError("DOCUMENT_BAD_FIELD", message, { at, value });
}

function asObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad("not an object", at, value);
  }
  return value as Record<string, unknown>;
}
