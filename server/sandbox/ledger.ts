import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

export type Kind = "authorise" | "capture" | "void" | "refund";
export type Outcome = "succeeded" | "failed" | "pending";

/** What was done, or refused, with somebody's money. */
export type Entry = {
  /** Epoch ms. */
  at: number;
  payment: string;
  /** Of the request that asked for it; what was asked for with it once is not done again. */
  key: string;
  kind: Kind;
  /** Minor units. */
  amount: number;
  currency: string;
  outcome: Outcome;
  /** Why it failed. */
  code?: string;
  /** Of the first entry of a payment: whether it takes the money at once, and by which means it is paid. */
  capture?: boolean;
  token?: string;
};

export type Ledger = ReturnType<typeof openLedger>;

/** The book of the sandbox, a line an entry. What was appended is on disk, whatever becomes of the process. */
export function openLedger(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a+", 0o600);
  const text = readFileSync(path, "utf8");
  // A line that was being written when the process ended says nothing: nobody was answered by it.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) ftruncateSync(file, Buffer.byteLength(whole));
  const entries: Entry[] = whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
  return {
    entries: entries as readonly Entry[],
    append(...added: Entry[]): void {
      writeSync(file, added.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
      fdatasyncSync(file);
      entries.push(...added);
    },
    close: () => closeSync(file),
  };
}
