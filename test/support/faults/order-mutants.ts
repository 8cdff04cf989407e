import { type Patch, patchSource, preload } from "./patch-source.ts";

// Servers with a known defect, which the faults of orders must see: one that is started with `envOf` loads this file first.

const ORDERS = "server/modules/orders";
const PAYMENTS = "server/modules/payments";

export const ORDER_MUTANTS = {
  /** The provider is asked before anybody has written down what for. */
  eager: {
    file: `${PAYMENTS}/service.ts`,
    edits: [
      [
        "const sealed = secrets.seal(",
        `const { amount: sum, currency } = payment;
        const early = { operation: operation.id, amount: sum, currency, token, capture: true };
        await providers.get(name).authorise(early).catch(() => {});
        const sealed = secrets.seal(`,
      ],
    ],
  },
  /** Who gets no answer asks for another payment. */
  forgetful: {
    file: `${PAYMENTS}/operations.ts`,
    edits: [
      ["if (known?.operations.some((one) => one.operation === operation)) return known;", ""],
      [
        "return provider.authorise({ operation,",
        "return provider.authorise({ operation: due.tries > 1 ? operation + due.tries : operation,",
      ],
    ],
  },
  /** A row of the ledger gets lost. */
  lossy: {
    file: `${ORDERS}/writer.ts`,
    edits: [
      [
        "movesTo(order.state, actor.id), ledger }",
        "movesTo(order.state, actor.id), ledger: ledger.slice(1) }",
      ],
    ],
  },
  /** Pieces of a cancelled order come back twice. */
  generous: {
    file: `${ORDERS}/follow.ts`,
    edits: [
      [
        "const movements = pieces.map((piece) => (",
        "const movements = [...pieces, ...pieces].map((piece) => (",
      ],
    ],
  },
  /** Something is thrown where nobody catches it. */
  fragile: {
    file: `${PAYMENTS}/operations.ts`,
    edits: [
      [
        'asked.add("unknown");',
        'asked.add("unknown"); setImmediate(() => { throw new Error("nobody catches it"); });',
      ],
    ],
  },
} satisfies Record<string, Patch>;

type Name = keyof typeof ORDER_MUTANTS;

const VARIABLE = "HAGGLE_ORDER_MUTANT";

export function envOf(name: Name): Record<string, string> {
  return { [VARIABLE]: name, ...preload(import.meta.filename) };
}

const name = process.env[VARIABLE] as Name | undefined;
if (name !== undefined) patchSource([ORDER_MUTANTS[name]]);
