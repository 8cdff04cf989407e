import { type Patch, patchSource, preload } from "./patch-source.ts";

// Servers with a known defect, which the faults of stock must see: a server that is started with `envOf` loads this file
// first, and the defect is in the source that it then loads, never on disk.

const INVENTORY = "server/modules/inventory";

export const STOCK_MUTANTS = {
  /** Two processes decide on the same pieces. */
  unlocked: {
    file: `${INVENTORY}/reservation-store.ts`,
    edits: [["order by location, bucket for update offset 0", "order by location, bucket offset 0"]],
  },
  /** Nobody looks whether there is enough; the database does. */
  unlimited: {
    file: `${INVENTORY}/allocate.ts`,
    edits: [
      [
        "return available < line.quantity ? [{ ...line, available }] : [];\n  });\n  if",
        "return [];\n  });\n  if",
      ],
    ],
  },
  /** Customers hear of it before it is durable. */
  hasty: {
    file: `${INVENTORY}/writer.ts`,
    edits: [
      [
        "isCommitting = true;\n          return decided;",
        "isCommitting = true;\n          left.forEach((each, i) => conclude(each, decided[i]!));\n          return decided;",
      ],
    ],
  },
  /** What an order held stays reserved when it reserves again. */
  forgetful: {
    file: `${INVENTORY}/decide.ts`,
    edits: [['if (found?.state === "held") putBack(found, scene);', ""]],
  },
} satisfies Record<string, Patch>;

type Name = keyof typeof STOCK_MUTANTS;

const VARIABLE = "HAGGLE_STOCK_MUTANT";

export function envOf(name: Name): Record<string, string> {
  return { [VARIABLE]: name, ...preload(import.meta.filename) };
}

const name = process.env[VARIABLE] as Name | undefined;
if (name !== undefined) patchSource([STOCK_MUTANTS[name]]);
