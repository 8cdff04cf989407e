import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type ChangeDependencies, createChanges } from "./change.ts";
import { createImports } from "./imports.ts";
import { createItems } from "./items.ts";
import { createResolver } from "./resolve.ts";
import { listKnown } from "./store.ts";

export type { Resolved } from "./resolve.ts";

export type Catalog = ReturnType<typeof createCatalog>;

type Dependencies = ChangeDependencies & { clock: Clock; newId: () => string; log: Logger };

/** What a tenant sells. */
export function createCatalog(dependencies: Dependencies) {
  const { database } = dependencies;
  const changes = createChanges(dependencies);
  const { resolve, learn, watch } = createResolver(database);
  const imports = createImports({ ...dependencies, changes, learn });
  return {
    ...createItems({ ...dependencies, changes, learn }),
    resolve,
    /** Those of these skus that there are, in whichever currencies they are sold. */
    listKnown: (skus: readonly string[]): Promise<string[]> => listKnown(database, skus),
    imports: { run: imports.run, get: imports.get },
    /** From now on knows what other processes change. Returns what ends it. */
    watch,
    /** Clears away what crashed imports left, from now on. Returns what ends it. */
    sweep: imports.watch,
  };
}
