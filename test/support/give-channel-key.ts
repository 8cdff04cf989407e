import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSecretKey } from "@haggle/sdk/sign";

/** Where a server over this data folder finds it, in one step. */
export async function giveChannelKey(folder: string, seed: Uint8Array, publicKey: Uint8Array): Promise<void> {
  await mkdir(join(folder, "keys"), { recursive: true });
  const path = join(folder, "keys", "channel.sk");
  await writeFile(`${path}.tmp`, encodeSecretKey({ seed, publicKey }));
  await rename(`${path}.tmp`, path);
}
