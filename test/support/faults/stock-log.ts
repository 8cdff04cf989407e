import { readFile } from "node:fs/promises";

// What clients of reservations and whoever breaks something say of themselves, one line of JSON each, at the moment when it
// happens. Times are epoch ms of one machine's clock.

export type Verb = "reserve" | "confirm" | "release" | "extend";
export type Line = { sku: string; quantity: number };

/** Somebody knows that so many pieces came. */
export type Stocked = { is: "stocked"; sku: string; quantity: number };
export type Asked = {
  is: "asked";
  /** Of this question. */
  id: number;
  order: string;
  attempt: number;
  verb: Verb;
  /** Of `reserve`. */
  lines?: readonly Line[];
  at: number;
};
export type Answered = {
  is: "answered";
  id: number;
  /** 0 where none came. */
  status: number;
  code?: string | undefined;
  reservation?: { attempt: number; state: string; lines: readonly Line[]; expiresAt: number } | undefined;
  at: number;
};
export type Fault = { is: "fault"; name: string; from: number; until: number };
export type LogLine = Stocked | Asked | Answered | Fault;

/** What is in the database when everybody has gone home. */
export type After = {
  at: number;
  levels: { sku: string; location: string; onHand: number; reserved: number }[];
  /** Of an order when it was sold. */
  movements: { sku: string; location: string; quantity: number; order: string | null }[];
  reservations: {
    order: string;
    attempt: number;
    state: string;
    allocations: { sku: string; location: string; quantity: number }[];
    expiresAt: number;
  }[];
};

/** A question and what came of it; in flight when nothing was heard. */
export type Call = Asked & { answer: Answered | undefined };

export async function readLog(path: string): Promise<LogLine[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogLine);
}

export function listCalls(log: readonly LogLine[]): Call[] {
  const calls = new Map<number, Call>();
  for (const line of log) {
    if (line.is === "asked") calls.set(line.id, { ...line, answer: undefined });
    if (line.is === "answered") calls.get(line.id)!.answer = line;
  }
  return [...calls.values()];
}

type Heard = { answer?: { status: number } | undefined };

export function isDone({ answer }: Heard): boolean {
  return answer?.status === 200 || answer?.status === 201 || answer?.status === 202;
}

/** The server did as it should: what is refused for its reason is no failure. */
export function isServed({ answer }: Heard): boolean {
  return isDone({ answer }) || answer?.status === 402 || answer?.status === 409;
}
