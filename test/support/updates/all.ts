import type { UpdateVectors } from "../update-cases.ts";
import { writeBook } from "./book.ts";
import { channel } from "./channel.ts";
import { firstTime, memory, tenants } from "./clients.ts";
import { envelope, payload } from "./envelope.ts";
import { lostKey } from "./lost-key.ts";
import { misuse, prices } from "./prices.ts";
import { bundle, release } from "./release.ts";
import { roots } from "./roots.ts";
import { keys, roles, signatures } from "./signatures.ts";

export const UPDATES = new URL("../../vectors/updates/", import.meta.url);

export function makeUpdateVectors(): Promise<UpdateVectors> {
  return writeBook([
    envelope,
    payload,
    signatures,
    roles,
    keys,
    roots,
    channel,
    lostKey,
    release,
    bundle,
    prices,
    misuse,
    tenants,
    firstTime,
    memory,
  ]);
}
