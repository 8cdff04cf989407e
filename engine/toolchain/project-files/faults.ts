// What a reader of the wire format refuses, at its place in the file that says so.

import { errorText, HaggleError, type Path } from "@haggle/abi";
import type { Diagnostic } from "../diagnostics.ts";
import type { DataSource } from "./source.ts";

/** The fault that a reader throws, at the place of its value. `at` is what the reader calls the value. */
export function faultOf(
  source: DataSource,
  path: Path,
  at: string,
  read: () => unknown,
  skip: number,
): Diagnostic[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    const steps = stepsOf(String(error.at ?? "").slice(at.length)).slice(skip);
    const value = error.value === undefined ? "" : `, not ${JSON.stringify(error.value)}`;
    return [
      source.faultAt([...path, ...steps], { code: error.code, message: `${errorText(error.code)}${value}` }),
    ];
  }
}

/** `.effects[0].tiers` as steps. */
export function stepsOf(at: string): (string | number)[] {
  return [...at.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

/** What is read; undefined where the reader refuses it. */
export function ifSound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    return undefined;
  }
}
