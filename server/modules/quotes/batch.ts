// Quotes for many carts at once, one a line: each as binding as any other, with its receipt. Back offices, feeds and carts that
// are kept elsewhere ask so.

import { setImmediate } from "node:timers/promises";
import { describeFault, findFaults, HaggleError } from "@haggle/abi";
import { asFailure, errorBody, statusOf } from "../../platform/errors.ts";
import type { Actor } from "../../platform/scope.ts";
import type { Catalog } from "../catalog/service.ts";
import type { Wished } from "../evaluations/service.ts";
import { type BatchLine, readGroups } from "./batch-lines.ts";
import { QuoteRefusal } from "./refusals.ts";
import { checkFields } from "./request.ts";
import { type Asked, QuoteBody } from "./schema.ts";
import type { Quotes } from "./service.ts";

export type Batches = ReturnType<typeof createBatches>;

type Dependencies = {
  quotes: Pick<Quotes, "quote" | "readAsked">;
  catalog: Pick<Catalog, "resolve">;
  /** Whose releases price. */
  channel: string;
};

type BatchAsker = {
  actor: Actor;
  requestId: string;
  /** Counts so many carts as requests. @throws HaggleError SERVER_TOO_MANY_REQUESTS */
  spend: (carts: number) => void;
  /** Told what was our fault. */
  onFailure: (cause: unknown) => void;
};

/** As far as it could be read; its id is told in any case, so that a caller finds his cart. */
type ReadLine = BatchLine & { id: string | undefined; body?: QuoteBody; fault?: HaggleError };

export function createBatches({ quotes, catalog, channel }: Dependencies) {
  /** Of a cart on its own there is no session, and nobody chooses its release. */
  function toWished({ customer }: Asked, actor: Actor): Wished {
    return {
      channel,
      unit: customer,
      shopper:
        customer === undefined ? undefined : { unit: customer, customer, session: undefined, isNew: false },
      override: undefined,
      preview: undefined,
      pin: undefined,
      actor,
    };
  }

  /** One statement for the skus of all carts of a currency; what each of them asks for is known then. */
  async function resolveAll(lines: readonly ReadLine[]): Promise<void> {
    const skus = new Map<string, Set<string>>();
    for (const { body } of lines) {
      if (body?.currency === undefined) continue;
      const known = skus.get(body.currency) ?? new Set();
      skus.set(body.currency, known);
      for (const { sku } of body.lines ?? []) known.add(sku);
    }
    await Promise.all([...skus].map(([currency, of]) => catalog.resolve([...of], currency)));
  }

  async function answer({ line, id, body, fault }: ReadLine, asker: BatchAsker): Promise<string> {
    const place = JSON.stringify({ line, id }).slice(0, -1);
    try {
      if (body === undefined) throw fault;
      const asked = await quotes.readAsked(body);
      const made = await quotes.quote(asked, toWished(asked, asker.actor), body.compare);
      const { quote, decision, receipt, pin, coupons, allowances, comparison } = made;
      const rest = JSON.stringify({ receipt, pin, coupons, allowances, comparison });
      return `${place},"quote":${JSON.stringify(quote)},"decision":${decision},${rest.slice(1)}\n`;
    } catch (cause) {
      return `${place},${JSON.stringify(tell(cause, asker)).slice(1)}\n`;
    }
  }

  return {
    /**
     * The answers, lines of JSON in the order of the carts: a quote, or an error with the line. What ends the batch before its
     * end is told likewise, in the last line.
     */
    async *run(body: AsyncIterable<Uint8Array>, asker: BatchAsker): AsyncGenerator<string> {
      try {
        for await (const group of readGroups(body)) {
          const lines = group.map(read);
          try {
            asker.spend(lines.length);
            await resolveAll(lines);
          } catch (cause) {
            yield lines
              .map(({ line, id }) => `${JSON.stringify({ line, id, ...tell(cause, asker) })}\n`)
              .join("");
            continue;
          }
          yield (await Promise.all(lines.map((one) => answer(one, asker)))).join("");
          // Others have their turn between two groups, though everything that these ask for is at hand.
          await setImmediate();
        }
      } catch (cause) {
        yield `${JSON.stringify(tell(cause, asker))}\n`;
      }
    },
  };
}

function read({ line, text }: BatchLine): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
    checkFields(value);
    const [fault] = findFaults(value, QUOTE_SCHEMA, QUOTE_SCHEMA);
    if (fault !== undefined) {
      const { message } = describeFault(fault, () => undefined);
      throw new HaggleError("SERVER_BAD_REQUEST", message, { at: fault.path.join(".") || undefined });
    }
    const body = value as QuoteBody;
    return { line, text, id: body.id, body };
  } catch (cause) {
    const fault =
      cause instanceof SyntaxError ? new HaggleError("SERVER_NOT_JSON", "Not JSON", { cause }) : cause;
    if (!(fault instanceof HaggleError)) throw fault;
    return { line, text, id: idOf(value), fault };
  }
}

function idOf(value: unknown): string | undefined {
  const { id } = Object(value) as { id?: unknown };
  return typeof id === "string" ? id.slice(0, MAX_TOLD_ID) : undefined;
}

function tell(cause: unknown, { requestId, onFailure }: BatchAsker): object {
  const failure = asFailure(cause as Error);
  if (statusOf(failure.code) >= 500) onFailure(cause);
  const beside = cause instanceof QuoteRefusal ? cause.beside : {};
  return { ...errorBody(failure, requestId), ...beside };
}

const MAX_TOLD_ID = 256;
const QUOTE_SCHEMA = QuoteBody as unknown as Parameters<typeof findFaults>[1];
