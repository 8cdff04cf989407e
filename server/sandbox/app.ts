// A provider of payments for trying out: an HTTP process of its own, with a ledger of its own. What it does to money is on disk
// before it answers, and stays when it is killed; what it answers, and what it tells by callbacks, goes wrong on demand.

import type { FastifyReply, FastifyRequest } from "fastify";
import fastify from "fastify";
import { createBank, type Payment } from "./bank.ts";
import { type Callbacks, createCallbacks, type Trouble } from "./callbacks.ts";
import { type Kind, openLedger } from "./ledger.ts";

type Options = {
  /** File of the ledger. */
  ledger: string;
  /** With which callbacks are signed, `whsec_...`; more than one while they are changed. */
  secrets: readonly string[];
  /** Where callbacks go. */
  callbackUrl?: string | undefined;
  clock: () => number;
};

/** How answers go wrong: so many of the next requests are done and not answered, neither done nor answered, or done and answered with 500. */
type Answers = { silent: number; deaf: number; broken: number; slowMs: number };

type Way = Exclude<keyof Answers, "slowMs">;

/** Means of payment whose first request goes wrong in this way. */
const WAYS: Readonly<Record<string, Way>> = {
  tok_timeout: "silent",
  tok_lost: "deaf",
  tok_error: "broken",
};

/** None that this provider gave away: it writes nothing down. */
const UNKNOWN_TOKEN = "tok_unknown";

const VERBS: Readonly<Record<string, Exclude<Kind, "authorise">>> = {
  captures: "capture",
  voids: "void",
  refunds: "refund",
};

const text = (maxLength: number) => ({ type: "string", minLength: 1, maxLength }) as const;
const amount = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;

const NEW_PAYMENT = {
  type: "object",
  required: ["amount", "currency", "token"],
  properties: { amount, currency: text(3), token: text(500), capture: { type: "boolean" } },
} as const;

type NewPayment = { amount: number; currency: string; token: string; capture?: boolean };
type Control = Partial<Trouble & Answers>;

/** Makes it; the caller listens. */
export function createSandbox({ ledger: path, secrets, callbackUrl, clock }: Options) {
  const ledger = openLedger(path);
  const bank = createBank(ledger, clock);
  const callbacks: Callbacks = createCallbacks(secrets, callbackUrl);
  const answers: Answers = { silent: 0, deaf: 0, broken: 0, slowMs: 0 };
  /** Keys that went wrong once. */
  const troubled = new Set<string>();
  const server = fastify({ forceCloseConnections: true, requestTimeout: 10_000 });

  /** How this request goes wrong, if it does. */
  function findTrouble(key: string, token?: string): Way | undefined {
    const way = WAYS[token ?? ""];
    if (way !== undefined && !troubled.has(key)) {
      troubled.add(key);
      return way;
    }
    for (const kind of ["deaf", "silent", "broken"] as const) {
      if (answers[kind] === 0) continue;
      answers[kind]--;
      return kind;
    }
    return undefined;
  }

  async function answer(
    { headers }: FastifyRequest,
    reply: FastifyReply,
    { token, work }: { token?: string; work: (key: string) => Payment | undefined },
  ): Promise<FastifyReply> {
    const key = headers["idempotency-key"];
    if (typeof key !== "string" || key === "") return reply.code(400).send({ error: "idempotency-key" });
    const trouble = findTrouble(key, token);
    if (trouble === "deaf") return reply.hijack();
    const before = ledger.entries.length;
    const payment = work(key);
    if (payment === undefined) return reply.code(404).send({ error: "payment" });
    for (const { kind, outcome } of ledger.entries.slice(before)) {
      callbacks.tell(`payment.${kind}.${outcome}`, structuredClone(payment));
    }
    if (trouble === "silent") return reply.hijack();
    if (trouble === "broken") return reply.code(500).send({ error: "broken" });
    if (answers.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, answers.slowMs));
    return reply.send(payment);
  }

  server.post<{ Body: NewPayment }>("/v1/payments", { schema: { body: NEW_PAYMENT } }, (request, reply) => {
    const { amount, currency, token, capture = true } = request.body;
    if (token === UNKNOWN_TOKEN) return reply.code(422).send({ error: "token_unknown" });
    return answer(request, reply, {
      token,
      work: (key) => bank.authorise({ key, amount, currency, token, capture }),
    });
  });
  for (const [path, kind] of Object.entries(VERBS)) {
    const schema = { body: { type: "object", properties: { amount } } };
    server.post<{ Params: { id: string }; Body: { amount?: number } }>(
      `/v1/payments/:id/${path}`,
      { schema },
      (request, reply) => {
        const { amount = 0 } = request.body;
        return answer(request, reply, {
          work: (key) => bank.change(request.params.id, kind, { key, amount }),
        });
      },
    );
  }
  server.get<{ Querystring: { key?: string } }>("/v1/payments", async ({ query }, reply) => {
    const payment = bank.find(query.key ?? "");
    return payment ?? reply.code(404).send({ error: "payment" });
  });
  server.get("/ledger", async () => ({ entries: ledger.entries }));
  server.get("/control", async () => ({ ...callbacks.state(), ...answers }));
  server.post<{ Body: Control }>("/control", async ({ body }) => {
    const { silent, deaf, broken, slowMs, ...trouble } = { ...answers, ...body };
    Object.assign(answers, { silent, deaf, broken, slowMs });
    callbacks.set(trouble);
    return { ...callbacks.state(), ...answers };
  });
  server.post<{ Body: { order?: "sent" | "reversed" } }>("/control/release", async ({ body }) => {
    callbacks.release(body.order ?? "sent");
    return callbacks.state();
  });
  server.post<{ Body: { key: string; outcome: "succeeded" | "failed" } }>(
    "/control/finish",
    async ({ body }, reply) => {
      const payment = bank.finish(body.key, body.outcome);
      if (payment === undefined) return reply.code(404).send({ error: "key" });
      callbacks.tell(`payment.authorise.${body.outcome}`, structuredClone(payment));
      return payment;
    },
  );
  server.addHook("onClose", async () => {
    await callbacks.close();
    ledger.close();
  });
  return server;
}
