import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** With which the sandbox signs its callbacks, one a line, the newest first. Made, for its owner alone, where there is none. */
export async function readSecrets(path: string): Promise<string[]> {
  await mkdir(dirname(path), { recursive: true });
  const secret = `whsec_${randomBytes(32).toString("base64")}\n`;
  await writeFile(path, secret, { flag: "wx", mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause;
  });
  const text = await readFile(path, "utf8");
  return text.split("\n").filter((line) => line !== "");
}
