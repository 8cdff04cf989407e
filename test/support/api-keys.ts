import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestServer } from "./server.ts";

/** The key that a server made at its first start. */
export async function readAdminKey(dataFolder: string): Promise<string> {
  return (await readFile(join(dataFolder, "admin.key"), "utf8")).trim();
}

/** Headers of a request with a key, and with a body if there is one. */
export function withKey(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}`, "content-type": "application/json" };
}

export type MadeKey = { id: string; key: string; expiresAt?: number };

/** Makes a key by HTTP, as an admin does. */
export async function makeKey(
  server: Pick<TestServer, "post">,
  admin: string,
  scopes: readonly string[],
  more: { name?: string; expiresAt?: number } = {},
): Promise<MadeKey> {
  const response = await server.post("/v1/keys", { name: scopes.join(" "), scopes, ...more }, withKey(admin));
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as MadeKey;
}
