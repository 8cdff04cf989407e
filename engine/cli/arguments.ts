// What the verbs share in reading their arguments.

import { join, resolve } from "node:path";
import { type Terminal, usageError } from "./terminal.ts";

/** The one positional argument, absolute; `otherwise` when it was left out. */
export function onePath(terminal: Terminal, positionals: string[], otherwise?: string): string {
  if (positionals.length > 1) throw usageError("One path is enough", positionals[1]);
  const given = positionals[0] ?? otherwise;
  if (given === undefined) throw usageError("A path is missing; see --help");
  return resolve(terminal.cwd, given);
}

/** Where keys and cached builds of a project live. */
export function dataFolder(terminal: Terminal, root: string): string {
  const { HAGGLE_DATA } = terminal.env;
  return HAGGLE_DATA ? resolve(terminal.cwd, HAGGLE_DATA) : join(root, ".haggle");
}

/**
 * The time that goes into documents. `SOURCE_DATE_EPOCH` (reproducible-builds.org, in seconds) makes two builds of
 * one source the same to the last byte.
 */
export function buildTime(terminal: Terminal): number {
  const { SOURCE_DATE_EPOCH } = terminal.env;
  if (!SOURCE_DATE_EPOCH) return Date.now();
  const seconds = Number(SOURCE_DATE_EPOCH);
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw usageError("SOURCE_DATE_EPOCH must be whole seconds", SOURCE_DATE_EPOCH);
  }
  return seconds * 1000;
}

/** The value of a flag that counts something. */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw usageError(`${flag} must be a whole number from ${least} to ${most}`, text);
  }
  return number;
}
