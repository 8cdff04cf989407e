// Strict reading of what another product exports. What is not of the documented shape is an error with its place; what
// is of that shape but cannot be said here is `NotCarried`, which the importer lists.

import { HaggleError } from "@haggle/abi";

/** Something of the export that the engine, or this importer, cannot say. */
export class NotCarried extends Error {
  override name = "NotCarried";
  /** JSON path in the export. */
  readonly at: string;

  constructor(reason: string, at: string) {
    super(reason);
    this.at = at;
  }
}

/**
 * Reads one value at the path `at`.
 *
 * @throws HaggleError CLI_BAD_EXPORT for what is malformed, NotCarried for what cannot be said
 */
export type Read<T> = (value: unknown, at: string) => T;

/** The fields of one object. Null is nothing, as in GraphQL. */
export type Fields = {
  at: string;
  /** Undefined when absent. */
  take<T>(key: string, read: Read<T>): T | undefined;
  need<T>(key: string, read: Read<T>): T;
  /** May be null, but must have been asked for: an export that leaves it out says nothing about it. */
  asked<T>(key: string, read: Read<T>): T | undefined;
  /** Fields that say nothing about prices. */
  skip(...keys: string[]): void;
  has(key: string): boolean;
  /** Whether the export asked for it, be it null. */
  names(key: string): boolean;
};

/** Reads an object; a field with a value that `read` did not take could change a price, so it is not carried. */
export function record<T>(read: (fields: Fields) => T): Read<T> {
  return (value, at) => {
    const rest = new Map(Object.entries(asObject(value, at)));
    rest.delete("__typename");
    const path = (key: string) => (at === "" ? key : `${at}.${key}`);
    const take = <U>(key: string, inner: Read<U>) => {
      const field = rest.get(key) ?? undefined;
      rest.delete(key);
      return field === undefined ? undefined : inner(field, path(key));
    };
    const result = read({
      at,
      take,
      need: (key, inner) => {
        const field = rest.get(key) ?? undefined;
        if (field === undefined) throw malformed("a value", field, path(key));
        rest.delete(key);
        return inner(field, path(key));
      },
      asked: (key, inner) => {
        if (!rest.has(key))
          throw malformed("this field, or null; the export must ask for it", undefined, path(key));
        return take(key, inner);
      },
      skip: (...keys) => {
        for (const key of keys) rest.delete(key);
      },
      has: (key) => (rest.get(key) ?? undefined) !== undefined,
      names: (key) => rest.has(key),
    });
    for (const [key, field] of rest) {
      if (field !== null) throw new NotCarried(`this importer does not know "${key}"`, path(key));
    }
    return result;
  };
}

export function list<T>(read: Read<T>): Read<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw malformed("a list", value, at);
    return value.map((entry, index) => read(entry, `${at}[${index}]`));
  };
}

/** Entries of a list with their places, whichever way GraphQL hands it out. */
export const entriesOf: Read<{ value: unknown; at: string }[]> = (value, at) => {
  if (Array.isArray(value)) return value.map((entry, index) => ({ value: entry, at: `${at}[${index}]` }));
  const { nodes, edges, items, pageInfo } = asObject(value, at);
  if ((pageInfo as { hasNextPage?: unknown } | undefined)?.hasNextPage === true) {
    throw malformed("the whole list; it goes on on another page", true, `${at}.pageInfo.hasNextPage`);
  }
  if (nodes !== undefined) return entriesOf(nodes, `${at}.nodes`);
  if (items !== undefined) return entriesOf(items, `${at}.items`);
  if (!Array.isArray(edges)) throw malformed("nodes, edges or items", value, at);
  return edges.map((edge, index) => ({
    value: asObject(edge, `${at}.edges[${index}]`).node,
    at: `${at}.edges[${index}].node`,
  }));
};

/** A list in any of its forms. */
export function connection<T>(read: Read<T>): Read<T[]> {
  return (value, at) => entriesOf(value, at).map((entry) => read(entry.value, entry.at));
}

export const text: Read<string> = (value, at) => {
  if (typeof value !== "string" || value === "") throw malformed("a text", value, at);
  return value;
};

/** What people call it; undefined when they do not. */
export const label: Read<string | undefined> = (value, at) => {
  if (typeof value !== "string") throw malformed("a text", value, at);
  return value === "" ? undefined : value;
};

/** Ids are texts or numbers. */
export const id: Read<string> = (value, at) =>
  Number.isSafeInteger(value) ? String(value) : text(value, at);

export const flag: Read<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw malformed("true or false", value, at);
  return value;
};

/** A whole number, or one as a text: GraphQL's wide integers are texts. */
export const whole: Read<number> = (value, at) => {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (!Number.isSafeInteger(number) || (number as number) < 0) throw malformed("a whole number", value, at);
  return number as number;
};

/** One field of an object that has others only to tell people what it is. */
export function only(key: string, ...told: string[]): Read<string> {
  return record((fields) => {
    fields.skip(...told);
    return fields.need(key, id);
  });
}

/** How many pieces or how many times: none of them is no condition, or one that never holds. */
export const positive: Read<number> = (value, at) => {
  const number = whole(value, at);
  if (number === 0) throw new NotCarried("0 is no number of pieces or times", at);
  return number;
};

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Epoch ms of a moment with its zone. */
export const moment: Read<number> = (value, at) => {
  const parsed = typeof value === "string" && MOMENT.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(parsed)) throw malformed("a date with time and zone", value, at);
  if (parsed < 0) throw new NotCarried("a time before 1970", at);
  return parsed;
};

/** A word of a closed list, as something else; the export's product may have others. */
export function oneOf<T>(words: Readonly<Record<string, T>>): Read<T> {
  return (value, at) => {
    const word = text(value, at);
    if (Object.hasOwn(words, word)) return words[word]!;
    throw new NotCarried(`there is no mechanism for ${JSON.stringify(word)}`, at);
  };
}

export function asObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed("an object", value, at);
  return value as Record<string, unknown>;
}

export function malformed(needed: string, value: unknown, at: string): HaggleError {
  return new HaggleError("CLI_BAD_EXPORT", `The export needs ${needed} here`, {
    at: at === "" ? "the file" : at,
    value,
  });
}
