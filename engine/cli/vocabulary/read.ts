// Strict reading of a case: a key or a value that nobody takes is refused with the mechanism that it would need.

/** A case says something that the importer, or the engine, cannot: nothing is approximated. */
export class NotExpressible extends Error {
  override name = "NotExpressible";
  readonly mechanism: string;
  /** JSON path in the case, such as `promotions[0].effects[1].pick`. */
  readonly at: string;

  constructor(mechanism: string, at: string) {
    super(`${mechanism} at ${at}`);
    this.mechanism = mechanism;
    this.at = at;
  }
}

/** Reads one value at the path `at`; throws NotExpressible. */
export type Read<T> = (value: unknown, at: string) => T;

/** The fields of one object. Each is taken once at most; what is left over when the object is read is refused. */
export type Fields = {
  at: string;
  /** Undefined when the field is absent. */
  take<T>(key: string, read: Read<T>): T | undefined;
  need<T>(key: string, read: Read<T>): T;
  /** Takes fields that say nothing about prices. */
  skip(...keys: string[]): void;
};

/** Reads an object through its fields and refuses those that `read` did not take. */
export function object<T>(read: (fields: Fields) => T): Read<T> {
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw bad("an object", value, at);
    const rest = new Map<string, unknown>(Object.entries(value));
    const path = (key: string) => (at === "" ? key : `${at}.${key}`);
    const take = <U>(key: string, inner: Read<U>) => {
      const field = rest.get(key);
      rest.delete(key);
      return field === undefined ? undefined : inner(field, path(key));
    };
    const result = read({
      at,
      take,
      need: (key, inner) => {
        const field = take(key, inner);
        if (field === undefined) throw new NotExpressible(`${key} is missing`, path(key));
        return field;
      },
      skip: (...keys) => {
        for (const key of keys) rest.delete(key);
      },
    });
    for (const key of rest.keys()) throw new NotExpressible(`no mechanism for "${key}"`, path(key));
    return result;
  };
}

export function list<T>(read: Read<T>): Read<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw bad("a list", value, at);
    return value.map((entry, index) => read(entry, `${at}[${index}]`));
  };
}

export const text: Read<string> = (value, at) => {
  if (typeof value !== "string") throw bad("a text", value, at);
  return value;
};

export const flag: Read<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw bad("true or false", value, at);
  return value;
};

export const integer: Read<number> = (value, at) => {
  if (!Number.isSafeInteger(value)) throw bad("a whole number", value, at);
  return value as number;
};

/** What a promotion says of amounts and pieces. Below 0 there is nothing to take off and nothing to count. */
export const whole: Read<number> = (value, at) => Math.max(0, integer(value, at));

/** A price or a number of pieces in a cart. */
export const natural: Read<number> = (value, at) => {
  if (integer(value, at) < 0) throw bad("a number that is not negative", value, at);
  return value as number;
};

/** A percentage as the engine writes it: above 100 is all, below 0 is nothing. */
export const percent: Read<string> = (value, at) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw bad("a percentage", value, at);
  const decimal = String(Math.min(100, Math.max(0, value)));
  if (!/^\d+(\.\d{1,4})?$/.test(decimal)) throw bad("a percentage of at most four decimals", value, at);
  return decimal;
};

/** A rate of tax; no tax is more than its goods or less than nothing. */
export const rateOfTax: Read<string> = (value, at) => {
  if (typeof value === "number" && (value < 0 || value > 100)) throw bad("a rate from 0 to 100", value, at);
  return percent(value, at);
};

/** A word of the vocabulary, as the engine's word for it. */
export function oneOf<T>(words: Readonly<Record<string, T>>): Read<T> {
  return (value, at) => {
    if (typeof value === "string" && Object.hasOwn(words, value)) return words[value]!;
    throw new NotExpressible(`no mechanism for ${JSON.stringify(value)}`, at);
  };
}

/** The record without its undefined fields. */
export function stated<T extends object>(record: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

function bad(needed: string, value: unknown, at: string): NotExpressible {
  return new NotExpressible(`needs ${needed}, not ${JSON.stringify(value)}`, at);
}
