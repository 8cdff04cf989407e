// What stands under a name changes by revisions, which are its ETag. Whoever has read one may say that he changes that one and
// no other, so that nobody undoes what he has not seen.

import { HaggleError, refuse } from "@haggle/abi";
import { Type } from "typebox";
import { Overtaken } from "./database/database.ts";

/** Of what must be there for a change. Nothing in it: whatever is there. */
export type Condition = {
  /** An ETag; `*` is anything. */
  match?: string | undefined;
  /** Nothing may be there. */
  isNew?: boolean;
};

const MATCH = '^(\\*|"\\d{1,16}")$';

export const ChangeHeaders = Type.Object({
  "if-match": Type.Optional(
    Type.String({
      pattern: MATCH,
      maxLength: 18,
      description: "The ETag that was read, or * for anything that is there",
    }),
  ),
  "if-none-match": Type.Optional(
    Type.Literal("*", { description: "Only where there is nothing of this name yet" }),
  ),
});

/** Of a change that is never made blindly; `readMatch` says so when it is left out. */
export const MatchHeaders = Type.Object({
  "if-match": Type.Optional(
    Type.String({ pattern: '^"\\d{1,16}"$', maxLength: 18, description: "The ETag that was read; needed" }),
  ),
});

export function readCondition(headers: {
  "if-match"?: string | undefined;
  "if-none-match"?: string | undefined;
}): Condition {
  return { match: headers["if-match"], isNew: headers["if-none-match"] !== undefined };
}

export function tagOf({ revision }: { revision: number }): string {
  return `"${revision}"`;
}

/**
 * Of what the transaction holds, so that nobody comes between this and the change.
 *
 * @throws HaggleError SERVER_CHANGED with the revision that is there, 0 where nothing is
 */
export function checkCondition(
  before: { revision: number } | undefined,
  { match, isNew = false }: Condition,
): void {
  const isOther = match !== undefined && (before === undefined || (match !== "*" && match !== tagOf(before)));
  const isTaken = isNew && before !== undefined;
  if (!isOther && !isTaken) return;
  const at = isTaken ? "headers/if-none-match" : "headers/if-match";
  const value = before?.revision ?? 0;
  throw new HaggleError("SERVER_CHANGED", `It has revision ${value} now`, { at, value });
}

/**
 * Writes what stands under a name, if it is what the caller has seen. `before` is what the transaction holds.
 *
 * @throws HaggleError SERVER_CHANGED; Overtaken where somebody else wrote the first one meanwhile
 */
export async function writeHeld(
  before: { revision: number } | undefined,
  condition: Condition,
  write: { update: () => Promise<void> /** Whether it did. */; insert: () => Promise<boolean> },
): Promise<void> {
  checkCondition(before, condition);
  if (before !== undefined) await write.update();
  else if (!(await write.insert())) throw new Overtaken("somebody else wrote the first one");
}

/**
 * Of a change that is never made blindly.
 *
 * @throws HaggleError SERVER_MATCH_NEEDED
 */
export function readMatch(headers: { "if-match"?: string | undefined }): string {
  const match = headers["if-match"];
  if (match === undefined) throw refuse("SERVER_MATCH_NEEDED", "headers/if-match");
  return match;
}
