import { replaceFile } from "@haggle/sdk/node";
import type { Logger } from "pino";
import type { Keys } from "./service.ts";

/** Only the server's own account reads it. */
const MODE = 0o600;

/** Makes the first admin key of a tenant that never had a key, in a file, and says where. */
export async function provideAdminKey(
  keys: Pick<Keys, "createFirst">,
  file: string,
  log: Logger,
): Promise<void> {
  const keep = (key: string) =>
    replaceFile(file, (handle) => handle.writeFile(`${key}\n`), { mode: MODE }).then(() => {});
  if (await keys.createFirst(keep))
    log.info({ file }, "the first admin key is in this file; keep it, or rotate it");
}
