import type { Entry, Kind, Ledger, Outcome } from "./ledger.ts";

// What the sandbox knows of payments: all of it follows from its ledger.

export type Operation = { key: string; kind: Kind; amount: number; outcome: Outcome; code?: string };

export type Payment = {
  id: string;
  /** Of the request that made it. */
  key: string;
  amount: number;
  currency: string;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
  operations: Operation[];
};

export type Asked = { key: string; amount: number; currency: string; token: string; capture: boolean };

/** Means of payment that behave badly; any other pays. What `app.ts` does about answers is in none of them. */
const TOKENS = {
  declined: "tok_declined",
  /** Pays, and refuses when the money is taken. */
  captureDeclined: "tok_capture_declined",
  refundDeclined: "tok_refund_declined",
  /** Its bank takes its time: pending until `finish`. */
  pending: "tok_pending",
} as const;

/** Authorises, captures, voids and refunds. The same key again changes nothing, and has the same answer. */
export function createBank(ledger: Ledger, clock: () => number) {
  const payments = new Map<string, Payment>();
  const byKey = new Map<string, Payment>();
  const tokens = new Map<string, string>();
  for (const entry of ledger.entries) take(entry);

  function take(entry: Entry): Payment {
    const { payment: id, key, kind, amount, currency, outcome, code, token } = entry;
    let payment = payments.get(id);
    if (payment === undefined) {
      const nothing = { authorised: 0, captured: 0, voided: 0, refunded: 0 };
      payment = { id, key, amount, currency, ...nothing, operations: [] };
      payments.set(id, payment);
      tokens.set(id, token ?? "");
    }
    byKey.set(key, payment);
    const known = payment.operations.find((one) => one.key === key && one.kind === kind);
    const operation = { key, kind, amount, outcome, ...(code !== undefined && { code }) };
    if (known !== undefined) Object.assign(known, operation);
    else payment.operations.push(operation);
    if (outcome === "succeeded") payment[SUMS[kind]] += amount;
    return payment;
  }

  function write(...entries: Omit<Entry, "at">[]): Payment {
    const at = clock();
    const dated = entries.map((entry) => ({ at, ...entry }));
    ledger.append(...dated);
    return dated.map(take).at(-1)!;
  }

  function authorise({ key, amount, currency, token, capture }: Asked): Payment {
    const found = byKey.get(key);
    if (found !== undefined) return found;
    const asked = { payment: `sbx_${payments.size + 1}`, key, amount, currency };
    const first = { ...asked, kind: "authorise", capture, token } as const;
    if (token === TOKENS.declined) return write({ ...first, outcome: "failed", code: "card_declined" });
    if (token === TOKENS.pending) return write({ ...first, outcome: "pending" });
    const taken = { ...asked, kind: "capture", outcome: "succeeded" } as const;
    return write({ ...first, outcome: "succeeded" }, ...(capture ? [taken] : []));
  }

  /** Of a payment that there is. More than is there is refused. */
  function change(
    id: string,
    kind: Exclude<Kind, "authorise">,
    asked: { key: string; amount: number },
  ): Payment | undefined {
    const payment = payments.get(id);
    if (payment === undefined || payment.operations.some(({ key }) => key === asked.key)) return payment;
    const { authorised, captured, voided, refunded, currency } = payment;
    const room = kind === "refund" ? captured - refunded : authorised - captured - voided;
    const amount = kind === "void" ? room : asked.amount;
    const entry = { payment: id, key: asked.key, kind, amount, currency };
    const token = tokens.get(id);
    const isDeclined =
      (kind === "capture" && token === TOKENS.captureDeclined) ||
      (kind === "refund" && token === TOKENS.refundDeclined);
    if (isDeclined) return write({ ...entry, outcome: "failed", code: "refused_by_bank" });
    if (amount > room || amount <= 0) return write({ ...entry, outcome: "failed", code: "amount_too_large" });
    return write({ ...entry, outcome: "succeeded" });
  }

  return {
    authorise,
    change,
    /** By the key that made it. */
    find: (key: string): Payment | undefined => byKey.get(key),
    /** What is pending comes to this. @returns undefined where nothing of this key is pending */
    finish(key: string, outcome: "succeeded" | "failed"): Payment | undefined {
      const first = ledger.entries.find((entry) => entry.key === key && entry.outcome === "pending");
      const payment = byKey.get(key);
      const isPending = payment?.operations.some((one) => one.key === key && one.outcome === "pending");
      if (first === undefined || !isPending) return undefined;
      const { at: _, ...rest } = first;
      if (outcome === "failed") return write({ ...rest, outcome, code: "bank_refused" });
      const { capture, token: _token, ...plain } = rest;
      const taken = { ...plain, kind: "capture", outcome } as const;
      return write({ ...rest, outcome }, ...(capture ? [taken] : []));
    },
  };
}

const SUMS = { authorise: "authorised", capture: "captured", void: "voided", refund: "refunded" } as const;
