import { type HaggleError, refuse } from "./errors.ts";
import { MAX_STRING } from "./layout.ts";
import { parsePercent } from "./money.ts";

// Strict readers of signed JSON. They check a value and rebuild it: what comes out holds the known fields only, in
// the order of the shape, so that `JSON.stringify` of it has one spelling.

/** Reads one untrusted value at the JSON path `at`; throws DOCUMENT_BAD_FIELD or DOCUMENT_UNKNOWN_FIELD. */
export type Read<T> = (value: unknown, at: string) => T;

/** One reader for each field of `T`, in the order in which the fields are written. */
export type Shape<T> = {
  readonly [Key in keyof T]-?: Read<T[Key] | (object extends Pick<T, Key> ? undefined : never)>;
};

/** An object with exactly the fields of `shape`. An absent field reads as undefined, which only `optional` takes. */
export function object<T extends object>(shape: Shape<T>): Read<T> {
  // Not `Object.entries`: in a fresh process its pairs were a third of all that createEngine allocates.
  const names = Object.keys(shape) as (keyof T & string)[];
  return (value, at) => {
    const fields = asObject(value, at);
    for (const key of Object.keys(fields)) {
      if (!Object.hasOwn(shape, key)) throw refuse("DOCUMENT_UNKNOWN_FIELD", at, key);
    }
    const result: Partial<T> = {};
    for (const key of names) {
      const field = shape[key](fields[key], `${at}.${key}`) as T[typeof key] | undefined;
      if (field !== undefined) result[key] = field;
    }
    return result as T;
  };
}

/** An object of which only the fields of `shape` are looked at; the others stay as they are. */
export function open<T extends object>(shape: { readonly [Key in keyof T]?: Read<unknown> }): Read<T> {
  return (value, at) => {
    const fields = asObject(value, at);
    for (const key of Object.keys(shape) as (keyof T & string)[]) shape[key]!(fields[key], `${at}.${key}`);
    return value as T;
  };
}

export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (value, at) => (value === undefined ? value : read(value, at));
}

/** An object used as a map of at most `max` entries; they come out sorted by key. */
export function map<T>(key: Read<string>, read: Read<T>, max: number): Read<Record<string, T>> {
  return (value, at) => {
    const fields = asObject(value, at);
    const names = Object.keys(fields).sort();
    if (names.length > max) throw bad(at, names.length);
    return Object.fromEntries(names.map((name) => [key(name, at), read(fields[name], `${at}.${name}`)]));
  };
}

export function list<T>(read: Read<T>, max: number, min = 0): Read<T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) throw bad(at, value);
    return value.map((entry, index) => read(entry, `${at}[${index}]`));
  };
}

export function literal<const T extends string | boolean>(...allowed: T[]): Read<T> {
  return (value, at) => {
    if (!allowed.includes(value as T)) throw bad(at, value);
    return value as T;
  };
}

/** A safe integer; minus zero, which JSON can spell, is refused like any other second spelling. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return (value, at) => {
    const number = value as number;
    if (!Number.isSafeInteger(value) || Object.is(value, -0) || number < min || number > max)
      throw bad(at, value);
    return number;
  };
}

/** A number of 0 to 1; minus zero is refused as a second spelling. */
export function share(value: unknown, at: string): number {
  if (typeof value !== "number" || Object.is(value, -0) || !(value >= 0 && value <= 1)) throw bad(at, value);
  return value;
}

export function matching(pattern: RegExp): Read<string> {
  return (value, at) => {
    if (typeof value !== "string" || !pattern.test(value)) throw bad(at, value);
    return value;
  };
}

/** As wide as the ids of promotions and skus are, so that whatever can be sold or run can be priced or switched off. */
export const name: Read<string> = matching(new RegExp(`^.{1,${MAX_STRING}}$`, "s"));

/** A percentage as a decimal string from "0" to "100". */
export const percentage: Read<string> = (value, at) => {
  parsePercent(value, at, "DOCUMENT_BAD_FIELD");
  return value as string;
};

export function bad(at: string, value: unknown): HaggleError {
  return refuse("DOCUMENT_BAD_FIELD", at, value);
}

function asObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, value);
  return value as Record<string, unknown>;
}
