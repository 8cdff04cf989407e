// An item of the tree as plain data, and what all kinds of them have in common.

import type { RuleInfo } from "../../shared/protocol.ts";
import { type Board, versionOf } from "./board.ts";
import { shortDigest } from "./documents.ts";
import type { Words } from "./explain-error.ts";

export type Item = {
  /** The same at each look, so that what is open stays open. */
  id: string;
  label: string;
  description?: string;
  tooltip?: string;
  /** A codicon, and the name of a theme colour. */
  icon?: string;
  color?: string;
  children?: Item[];
  isOpen?: boolean;
  /** For menus: `haggle.release`, `haggle.rollout.running` ... */
  context?: string;
  /** What a command on it is about. */
  release?: string;
  rollout?: string;
  channel?: string;
  /** What a click opens. */
  place?: Pick<RuleInfo, "uri" | "range">;
  /** A click tries again. */
  retries?: boolean;
};

export type OutlineOptions = {
  rules: readonly RuleInfo[];
  l10n: Words;
  /** Of dates and numbers. */
  locale: string;
};

/** All shoppers, in hundredths of a percent. */
export const FULL_BP = 10_000;

/** `v12`; the beginning of its digest where the registry has not told its version. */
export function nameOf(release: string, board: Pick<Board, "releases" | "documents">): string {
  const version = versionOf(board, release) ?? board.documents.get(release)?.version;
  return version === undefined ? shortDigest(release) : `v${version}`;
}

export function percent(weightBp: number): string {
  return `${weightBp / 100} %`;
}

export function moment(ms: number, locale: string): string {
  return new Date(ms).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}
