// How each kind of a cart's values is written into a field, and read from it.

import { findMinorDigits, parsePercent } from "@haggle/abi";
import { readMoney, writeMoney } from "../page/money.ts";
import type { InputOptions, Read } from "./fields.ts";
import { texts } from "./texts/texts.ts";

export type Kind = Pick<InputOptions, "spell" | "read" | "attributes">;

/** Whoever leaves it empty leaves it out. */
export function optional({ read, ...kind }: Kind): Kind {
  return {
    ...kind,
    read: (text) => (text.trim() === "" ? { value: undefined } : read(text)),
    attributes: { placeholder: texts().form.optional, ...kind.attributes },
  };
}

export const text: Kind = {
  spell: spellAny,
  read: (typed) => (typed === "" ? { problem: texts().problems.needed } : { value: typed }),
};

export const wholeNumber: Kind = {
  spell: spellAny,
  read: (typed) => {
    const isWhole = /^\d{1,15}$/.test(typed.trim());
    return isWhole ? { value: Number(typed) } : { problem: texts().problems.wholeNumber };
  },
  attributes: { inputmode: "numeric" },
};

/** `currency` is asked each time: it may be changed beside. */
export function moneyIn(currency: () => string): Kind {
  return {
    spell: (value) =>
      Number.isSafeInteger(value) ? writeMoney(value as number, currency()) : spellAny(value),
    read: (typed) => {
      const value = readMoney(typed, currency());
      return value === undefined ? { problem: texts().problems.money } : { value };
    },
    attributes: { inputmode: "decimal", class: "amount" },
  };
}

export const percent: Kind = {
  spell: spellAny,
  read: (typed) => {
    const value = typed.trim();
    try {
      parsePercent(value, "");
      return { value };
    } catch {
      return { problem: texts().problems.percent };
    }
  },
  attributes: { inputmode: "decimal" },
};

export const currencyCode: Kind = {
  spell: spellAny,
  read: (typed) => {
    const value = typed.trim().toUpperCase();
    return findMinorDigits(value) === undefined ? { problem: texts().problems.currency } : { value };
  },
  attributes: { maxlength: "3", class: "code" },
};

/** Epoch ms as a date and a time of UTC. */
export const moment: Kind = {
  spell: (value) => {
    // Of objects and such there is no number to make.
    const date = new Date(typeof value === "number" ? value : Number.NaN);
    return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, "2026-01-01T00:00:00".length);
  },
  read: (typed) => {
    const value = Date.parse(`${typed}Z`);
    return Number.isNaN(value) ? { problem: texts().problems.time } : { value };
  },
  attributes: { type: "datetime-local", step: "1" },
};

/** `a, b`; as a JSON array where a text has a comma in it or a space at its ends. */
export const list: Kind = {
  spell: (value) => {
    if (!Array.isArray(value)) return spellAny(value);
    const isPlain = value.every(
      (item) => typeof item === "string" && /^[^\s,["][^,]*$/.test(item) && item.trim() === item,
    );
    return isPlain ? value.join(", ") : JSON.stringify(value);
  },
  read: (typed) => {
    const items = typed.trim().startsWith("[") ? parse(typed) : splitTexts(typed);
    const isList = Array.isArray(items) && items.every((item) => typeof item === "string");
    return isList ? { value: items } : { problem: texts().problems.list };
  },
};

/** `a=1, b=x`: whole numbers, true and false are what they look like, unless they stand in quotes. */
export const pairs: Kind = {
  spell: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return spellAny(value);
    const entries = Object.entries(value);
    const isPlain = entries.every(
      ([key, each]) => /^[^\s,={][^,=]*$/.test(key) && typeof each !== "object" && !/[,"]/.test(String(each)),
    );
    return isPlain
      ? entries.map(([key, each]) => `${key}=${spellValue(each)}`).join(", ")
      : JSON.stringify(value);
  },
  read: readPairs,
};

/** The same with whole numbers alone. */
export const amounts: Kind = {
  spell: pairs.spell,
  read: (typed) => {
    const read = readPairs(typed);
    if ("problem" in read) return read;
    const isWhole = Object.values(read.value as object).every(Number.isSafeInteger);
    return isWhole ? read : { problem: texts().problems.pairs };
  },
};

function readPairs(typed: string): Read {
  const problem = { problem: texts().problems.pairs };
  if (typed.trim().startsWith("{")) {
    const value = parse(typed);
    return typeof value === "object" && value !== null ? { value } : problem;
  }
  const entries = splitTexts(typed).map((pair) => /^([^=]+?)\s*=\s*(.*)$/.exec(pair));
  if (entries.includes(null)) return problem;
  return { value: Object.fromEntries(entries.map((entry) => [entry![1]!, readValue(entry![2]!)])) };
}

function readValue(written: string): string | number | boolean {
  if (written === "true" || written === "false") return written === "true";
  if (/^-?\d{1,15}$/.test(written)) return Number(written);
  const [, quoted] = /^"(.*)"$/.exec(written) ?? [];
  return quoted ?? written;
}

function spellValue(value: unknown): string {
  const written = String(value);
  return typeof value === "string" && readValue(written) !== written ? `"${written}"` : written;
}

function splitTexts(typed: string): string[] {
  return typed
    .split(/[,，]/)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function parse(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return undefined; // half typed: the field says what it needs
  }
}

/** Whatever stands there though it should not: the field shows it, so that it can be mended. */
export function spellAny(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}
