import { readFile } from "node:fs/promises";
import { HaggleError } from "@haggle/abi";
import type { Provider } from "./provider.ts";
import { createSandboxProvider } from "./sandbox-provider.ts";

export type ProviderSettings = {
  sandbox?: { url: string; secretsFile: string } | undefined;
  timeoutMs: number;
};

/** Two while one takes the other's place. */
const MAX_SECRETS = 2;

/** Those that are configured. @throws HaggleError SERVER_BAD_CONFIG with the file of secrets */
export async function openProviders({ sandbox, timeoutMs }: ProviderSettings): Promise<Provider[]> {
  if (sandbox === undefined) return [];
  const { url, secretsFile } = sandbox;
  return [createSandboxProvider({ url, secrets: await readSecrets(secretsFile), timeoutMs })];
}

/** What is in it is never shown. */
async function readSecrets(path: string): Promise<string[]> {
  const refused = (message: string, cause?: unknown) =>
    new HaggleError("SERVER_BAD_CONFIG", message, {
      at: "HAGGLE_PAYMENTS_SANDBOX_SECRETS",
      value: path,
      cause,
    });
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw refused("The secrets of callbacks cannot be read", cause);
  });
  const secrets = text.split("\n").filter((line) => line !== "");
  const isRight = secrets.every((secret) => /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret));
  if (isRight && secrets.length >= 1 && secrets.length <= MAX_SECRETS) return secrets;
  throw refused(`Not 1 to ${MAX_SECRETS} lines such as whsec_...`);
}
