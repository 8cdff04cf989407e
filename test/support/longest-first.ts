import { BaseSequencer, type TestSpecification } from "vitest/node";

// A long file that begins last leaves a core without work at the end. Vitest knows how long each took only where the suite has
// run before, and goes by their sizes elsewhere, as on a fresh machine of CI.

/** Those of more than half a minute, the longest first. Their order proves nothing: one that is missing here only costs time. */
const LONGEST: readonly string[] = [
  "e2e/order-faults.test.ts",
  "e2e/extension.test.ts",
  "e2e/install.test.ts",
  "e2e/storefront-access.test.ts",
  "e2e/faults.test.ts",
  "e2e/storefront.test.ts",
  "e2e/stock-faults.test.ts",
  "cli/publish.test.ts",
  "e2e/mutants.test.ts",
  "e2e/client-browser.test.ts",
  "cli/project.test.ts",
  "e2e/cdn-crash.test.ts",
  "engine/library-cache.test.ts",
  "e2e/storefront-offline.test.ts",
  "e2e/cart-page.test.ts",
  "server/process.test.ts",
  "server/renewal.test.ts",
  "server/events.test.ts",
  "server/lost-hints.test.ts",
  "server/registry-kill.test.ts",
  "server/trust-state.test.ts",
  "server/payments.test.ts",
  "server/database.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = LONGEST.findIndex((file) => moduleId.endsWith(`/test/${file}`));
      return rank === -1 ? LONGEST.length : rank;
    };
    // Projects one after another, as Vitest has them.
    const projects = Map.groupBy(await super.sort(files), ({ project }) => project);
    return [...projects.values()].flatMap((own) => own.toSorted((a, b) => rankOf(a) - rankOf(b)));
  }
}
