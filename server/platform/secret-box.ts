// Secrets that the server must read again, such as those that webhooks are signed with, are in the database only
// encrypted. All processes on one database have the same key.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { HaggleError } from "@haggle/abi";

export type SecretBox = ReturnType<typeof createSecretBox>;

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Reads the key of the file; made there, for its owner alone, when it is missing and `mayCreate`.
 *
 * @throws HaggleError SERVER_SECRET_KEY with the path
 */
export async function openSecretBox(path: string, mayCreate: boolean): Promise<SecretBox> {
  if (mayCreate) await createKey(path);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new HaggleError("SERVER_SECRET_KEY", "The key of the secrets cannot be read", {
      value: path,
      cause,
    });
  });
  const key = Buffer.from(text.trim(), "base64");
  if (key.length !== KEY_BYTES) {
    throw new HaggleError("SERVER_SECRET_KEY", `Not ${KEY_BYTES} bytes in base64`, { value: path });
  }
  return createSecretBox(key);
}

/** Servers that start at once agree on one key: the file gets its name whole, and only where there is none. */
async function createKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(own, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString("base64")}\n`);
    await file.sync();
    await file.close();
    await link(own, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  } finally {
    await rm(own, { force: true });
  }
}

/** AES-256-GCM with a fresh random IV for each secret. */
function createSecretBox(key: Uint8Array) {
  /** Tells keys apart and says nothing about them. */
  const keyId = createHash("sha256").update("haggle secret key id\0").update(key).digest("hex").slice(0, 16);
  return {
    keyId,
    /** `context` says whose secret it is: a ciphertext that is moved to another row does not open. */
    seal(secret: string, context: string): string {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([iv, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return sealed.toString("base64");
    },
    /** @throws HaggleError SERVER_SECRET_KEY for what was sealed by another key, for another context, or was changed */
    open(sealed: string, context: string): string {
      const bytes = Buffer.from(sealed, "base64");
      const [iv, tag] = [bytes.subarray(0, IV_BYTES), bytes.subarray(-TAG_BYTES)];
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
        const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new HaggleError("SERVER_SECRET_KEY", "A secret was not encrypted with this key", { cause });
      }
    },
  };
}
