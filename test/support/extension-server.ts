// A server as authors meet one in the editor: it has a root that trusts one key, and a first release that all shoppers get.

import { encodeBase64 } from "@haggle/abi";
import { encodeSecretKey, signerFromSeed } from "@haggle/sdk/sign";
import { readAdminKey } from "./api-keys.ts";
import { createShop } from "./release.ts";
import { startServer, type TestServer, until } from "./server.ts";

export type ExtensionServer = {
  url: string;
  /** An API key with all scopes. */
  key: string;
  /** The secret key file of the author whom the root trusts, in base64, as it is pasted. */
  signingKey: string;
  server: TestServer;
  close(): Promise<void>;
};

/** The author of `createShop`. */
const AUTHOR = 1;

export async function startExtensionServer(): Promise<ExtensionServer> {
  const shop = await createShop();
  await shop.giveKey("channel");
  await shop.publish({ version: 1 });
  const server = await startServer(shop.dataFolder);
  await until(async () => {
    const { channel, keys } = await server.ready();
    return channel?.version === 1 && keys.channel === "ready";
  });
  const seed = new Uint8Array(32).fill(AUTHOR);
  const { publicKey } = await signerFromSeed(seed);
  return {
    url: server.url,
    key: await readAdminKey(shop.dataFolder),
    signingKey: encodeBase64(encodeSecretKey({ seed, publicKey })),
    server,
    async close() {
      await server.close();
      await shop.remove();
    },
  };
}
