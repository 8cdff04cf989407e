import type { Api } from "../api.ts";

/** Of all releases that a server holds, also those that nobody gets any more, such as one that was rolled back. */
export async function findNewestVersion(server: Api): Promise<number | undefined> {
  const { releases } = (await server.ask("GET", "/v1/releases")) as { releases: { version: number }[] };
  return releases[0]?.version; // newest first
}
