import { createReadStream } from "node:fs";
import { join } from "node:path";
import shipping from "../../server/demo/shipping.json" with { type: "json" };
import type { MethodBody } from "../../server/modules/shipping/schema.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import type { TestServer } from "./server.ts";

const CATALOG = join(import.meta.dirname, "../../server/demo/catalog.csv");
const BY = { actor: SYSTEM_ACTOR };

/** Puts what the demo's page shows into a shop that has nothing yet. The demo's past, which no page shows, takes longer. */
export async function sellOnPage({ app }: Pick<TestServer, "app">): Promise<void> {
  const ask = { format: "csv", mode: "all-or-nothing", dryRun: false } as const;
  for await (const { state } of app.catalog.imports.run(createReadStream(CATALOG), ask, BY)) {
    if (state === "refused") throw new Error("the demo's catalog is refused");
  }
  for (const { id, ...method } of shipping) await app.shipping.put(id, method as MethodBody, {}, BY);
}
