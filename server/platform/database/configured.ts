import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { type Database, openDatabase } from "./database.ts";
import { type EmbeddedPostgres, startEmbedded } from "./embedded.ts";

export type ConfiguredDatabase = {
  url?: string | undefined;
  adminUrl?: string | undefined;
  tenant: string;
  dataFolder: string;
};

/** Beside the sources, and beside the built program in the package. */
const MIGRATIONS = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../migrations" : "./migrations", import.meta.url),
);

/** The operator's database, or one of our own over the data folder, which ends with `close`. */
export async function openConfiguredDatabase(
  { url, adminUrl, tenant, dataFolder }: ConfiguredDatabase,
  log: Logger,
): Promise<Database> {
  const embedded = url === undefined ? await startEmbedded(join(dataFolder, "database"), log) : undefined;
  try {
    const database = await openDatabase({
      url: url ?? embedded!.url,
      adminUrl,
      tenant,
      migrations: MIGRATIONS,
      log,
    });
    return embedded === undefined ? database : endingWith(database, embedded);
  } catch (cause) {
    await embedded?.stop();
    throw cause;
  }
}

function endingWith(database: Database, embedded: EmbeddedPostgres): Database {
  return {
    ...database,
    expectEnd() {
      database.expectEnd();
      embedded.expectEnd();
    },
    async close() {
      embedded.expectEnd();
      await database.close();
      await embedded.stop();
    },
  };
}
