import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { HaggleError } from "@haggle/abi";
import type { Database } from "../../platform/database/database.ts";
import { findSettings, insertSettings } from "./store.ts";

const PEPPER_BYTES = 32;

/**
 * The secret with which keys are digested: the operator's file, else one that the tenant's first server made and put into
 * the database, because every server on one database needs the same. Keys have 256 random bits and are not guessed from
 * their digests with or without it; the file keeps whoever can only write into the database from making up a key.
 *
 * @throws HaggleError SERVER_BAD_CONFIG when the tenant's keys were made with another one
 */
export async function readPepper(database: Database, file: string | undefined): Promise<Uint8Array> {
  const given = file === undefined ? undefined : await readPepperFile(file);
  const fresh = given ?? randomBytes(PEPPER_BYTES);
  const pepper = given === undefined ? Buffer.from(fresh).toString("base64") : null;
  const settings = await database.transaction(async (tx) => {
    await insertSettings(tx, { pepper, check: checkOf(fresh) });
    return (await findSettings(tx))!;
  });
  const known = given ?? (settings.pepper === null ? undefined : Buffer.from(settings.pepper, "base64"));
  if (known !== undefined && checkOf(known) === settings.check) return known;
  const message =
    "The API keys in the database were made with another pepper; every server needs the same file";
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "HAGGLE_PEPPER_FILE", value: file });
}

async function readPepperFile(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new HaggleError("SERVER_BAD_CONFIG", "The pepper cannot be read", {
      at: "HAGGLE_PEPPER_FILE",
      value: file,
      cause,
    });
  });
  const text = bytes.toString("latin1").trimEnd();
  if (text.length >= PEPPER_BYTES) return Buffer.from(text, "latin1");
  const message = `A pepper has at least ${PEPPER_BYTES} random bytes`;
  throw new HaggleError("SERVER_BAD_CONFIG", message, { at: "HAGGLE_PEPPER_FILE", value: file });
}

/** Tells one pepper from another, and nothing else. */
function checkOf(pepper: Uint8Array): string {
  return createHmac("sha256", pepper).update("which pepper is it").digest("hex");
}
