import type { IncomingHttpHeaders } from "node:http";
import { refuse } from "@haggle/abi";
import { Webhook } from "standardwebhooks";
import { Check } from "typebox/value";
import {
  type Callback,
  type Change,
  Facts,
  OutcomeUnknown,
  type Provider,
  RequestRefused,
} from "./provider.ts";

type SandboxSettings = {
  /** Where it listens. */
  url: string;
  /** With which its callbacks are signed, `whsec_...`: the newest, and the one before while they are changed. */
  secrets: readonly string[];
  /** How long an answer is waited for. */
  timeoutMs: number;
};

/** A payment with a thousand refunds is smaller. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Of a request, and not of the moment or of the key: it would be answered so each time. */
const REFUSALS = [400, 404, 422];

/** As the sandbox tells of a payment. */
type SandboxPayment = {
  id: string;
  key: string;
  currency: string;
  authorised: number;
  captured: number;
  voided: number;
  refunded: number;
  operations: { key: string; outcome: "succeeded" | "failed" | "pending"; code?: string }[];
};

/** The provider for trying out, which is a program of its own: see server/sandbox. */
export function createSandboxProvider({ url, secrets, timeoutMs }: SandboxSettings): Provider {
  const webhooks = secrets.map((secret) => new Webhook(secret));

  async function ask(path: string, sent?: { operation: string; body: object }): Promise<Facts | undefined> {
    try {
      const response = await fetch(url + path, {
        method: sent === undefined ? "GET" : "POST",
        headers: {
          ...(sent && { "content-type": "application/json", "idempotency-key": sent.operation }),
        },
        ...(sent && { body: JSON.stringify(sent.body) }),
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await readText(response);
      if (response.status === 404 && sent === undefined) return undefined;
      if (REFUSALS.includes(response.status)) throw new RequestRefused(reasonOf(text));
      if (!response.ok) throw new Error(`The answer was ${response.status}`);
      return toFacts(JSON.parse(text));
    } catch (cause) {
      if (cause instanceof RequestRefused) throw cause;
      throw new OutcomeUnknown(`The provider gave no answer: ${String(cause)}`, { cause });
    }
  }

  const send = async (path: string, operation: string, body: object): Promise<Facts> =>
    (await ask(path, { operation, body }))!;
  const change =
    (verb: string) =>
    ({ operation, reference, amount }: Change): Promise<Facts> =>
      send(`/v1/payments/${encodeURIComponent(reference)}/${verb}`, operation, { amount });

  return {
    name: "sandbox",
    timeoutMs,
    authorise: ({ operation, ...body }) => send("/v1/payments", operation, body),
    capture: change("captures"),
    void: change("voids"),
    refund: change("refunds"),
    find: (operation) => ask(`/v1/payments?key=${encodeURIComponent(operation)}`),
    readCallback(headers: IncomingHttpHeaders, body: Buffer): Callback {
      const text = body.toString("utf8");
      const id = headers["webhook-id"];
      if (typeof id !== "string" || id.length > 200 || !isSigned(webhooks, text, headers)) {
        throw refuse("PAYMENT_BAD_CALLBACK", "headers/webhook-signature");
      }
      const { data } = readMessage(text);
      try {
        return { id, facts: toFacts(data) };
      } catch (cause) {
        throw refuse("PAYMENT_BAD_CALLBACK", "body", undefined, cause);
      }
    },
  };
}

/** By one of the secrets, and not more than five minutes ago. */
function isSigned(webhooks: readonly Webhook[], text: string, headers: IncomingHttpHeaders): boolean {
  return webhooks.some((webhook) => {
    try {
      webhook.verify(text, headers as Record<string, string>, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });
}

function readMessage(text: string): { data?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw refuse("PAYMENT_BAD_CALLBACK", "body", undefined, cause);
  }
}

/** @throws Error where it is no payment */
function toFacts(given: unknown): Facts {
  const {
    id,
    key,
    operations = [],
    currency,
    authorised,
    captured,
    voided,
    refunded,
  } = Object(given) as SandboxPayment;
  const facts = {
    payment: key,
    reference: id,
    currency,
    authorised,
    captured,
    voided,
    refunded,
    // A payment that takes its money at once has two entries of one request, which end alike.
    operations: [
      ...new Map(
        operations.map(({ key: operation, outcome, code }) => [
          operation,
          { operation, outcome, ...(code !== undefined && { code }) },
        ]),
      ).values(),
    ],
  };
  if (!Check(Facts, facts)) throw new Error("The provider says what is no payment");
  return facts;
}

function reasonOf(text: string): string {
  const reason = /^\{"error":"([a-z0-9_-]{1,100})"\}$/.exec(text)?.[1];
  return reason ?? "refused";
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error("The answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
