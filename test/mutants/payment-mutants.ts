import type { Mutant } from "./mutants.ts";

// Defects of payments and shipments. With each there goes a test that passes all the same.

const PAYMENTS = "test/server/payments.test.ts";
const CALLBACKS = "test/server/payments-callbacks.test.ts";
const LATE = "test/server/payments-late.test.ts";
const SHIPMENTS = "test/server/shipments.test.ts";
const MODULE = "server/modules/payments";

export const PAYMENT_MUTANTS: readonly Mutant[] = [
  {
    name: "payments: a provider is asked before it is written down",
    file: `${MODULE}/service.ts`,
    edits: [
      [
        "await store.insertPayment(tx, payment, now);",
        "await needProvider(providers, provider).authorise({ ...payment, operation: operation.id, token, capture: true }).catch(() => {});\n    await store.insertPayment(tx, payment, now);",
      ],
    ],
    suites: [PAYMENTS],
    only: "is written down and committed|is asked of a provider",
  },
  {
    name: "payments: what may still come to nothing does not count",
    file: `${MODULE}/merge.ts`,
    edits: [["return sums.authorised === 0 ? amount :", "return sums.authorised === 0 ? 0 :"]],
    suites: [PAYMENTS],
    only: "is one of many|of a request that was lost|is asked of a provider",
  },
  {
    name: "payments: what is asked for again is asked for anew",
    file: `${MODULE}/operations.ts`,
    edits: [
      [
        "return provider.authorise({ operation,",
        "return provider.authorise({ operation: operation + (due.tries > 1 ? '-again' : ''),",
      ],
      ["if (known?.operations.some((one) => one.operation === operation)) return known;", ""],
    ],
    suites: [PAYMENTS],
    only: "is found out by asking|is asked of a provider",
  },
  {
    name: "payments: what a provider says is added up",
    file: `${MODULE}/merge.ts`,
    edits: [["Math.max(before.captured, facts.captured, refunded)", "before.captured + facts.captured"]],
    suites: [CALLBACKS],
    only: "comes five times|comes last|does not depend|is not this shop's",
  },
  {
    name: "payments: a callback is believed without its signature",
    file: `${MODULE}/sandbox-provider.ts`,
    edits: [["      webhook.verify(", "      if (text === '') webhook.verify("]],
    suites: [CALLBACKS],
    only: "is believed by its signature|is not this shop's",
  },
  {
    name: "payments: money of what is off stays here",
    file: `${MODULE}/settle.ts`,
    edits: [["return changed.flatMap((payment) => planGiveBack(payment, state));", "return [];"]],
    suites: [LATE],
    only: "order was cancelled|where the shop wants that|where it is only promised$",
  },
  {
    name: "payments: late money stays where the goods are gone",
    file: `${MODULE}/late.ts`,
    edits: [['const isOff = state === "expired" ||', 'const isOff = state === "shipped" ||']],
    suites: [LATE],
    only: "where its goods are gone|where it is only promised$",
  },
  {
    name: "payments: what is more than an order costs stays here",
    file: `${MODULE}/settle.ts`,
    edits: [["return planSurplus(changed[0], others, total);", "return [];"]],
    suites: [LATE],
    only: "more money than the order costs|where it is only promised$",
  },
  {
    name: "shipments: what was taken is taken again",
    file: "server/modules/shipments/service.ts",
    edits: [["worthOf(entries, shipped))) - taken", "worthOf(entries, shipped))) - 0 * taken"]],
    suites: [SHIPMENTS],
    only: "takes of what is promised|is of lines that",
  },
  {
    name: "shipments: an order is off although a part of it has left",
    file: "server/commerce.ts",
    edits: [["if (await shipments.hasLeft(tx, ended.order))", "if (false as boolean)"]],
    suites: [SHIPMENTS],
    only: "can be cancelled|is of lines that",
  },
];
