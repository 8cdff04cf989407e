// What whoever fills a CDN can do to its files without a key, or with the keys of roles that are not asked.

import { decodeUtf8, encodeUtf8 } from "@haggle/abi";
import type { Signer } from "@haggle/sdk/sign";
import { below, mutateBytes, pick, type Random } from "../support/byte-mutator.ts";
import { mutateJson } from "../support/json-mutator.ts";
import { alice, cashier, envelopeOf, mallory, online, pricer, rita } from "../support/updates/world.ts";
import { type CdnAges, type Files, payloadOf } from "./cdn-ages.ts";

/** One of the ages' trees with none to three things wrong, or a mixture of two of them. */
export async function mutateTree({ trees, twins, coups }: CdnAges, random: Random): Promise<Files> {
  const files = new Map(pick(trees, random));
  for (let changes = below(random, 4); changes > 0; changes--) {
    const path = pickPath(files, random);
    const change = await pick<() => Uint8Array | undefined | Promise<Uint8Array | undefined>>(
      [
        () => undefined,
        () => mutateBytes(files.get(path)!, random),
        () => (path.endsWith(".json") ? mutateEnvelope(files.get(path)!, random) : new Uint8Array()),
        () => (path.endsWith(".json") ? forge(path, files.get(path)!, random) : files.get(path)!),
        // The same file of another age, its neighbour, any file of any age, another document of a version that exists.
        () => pick(trees, random).get(path),
        () => files.get(pick(neighboursOf(path, files), random)),
        () => pick([...pick(trees, random).values()], random),
        () =>
          path.startsWith("channels/") && twins.length > 0
            ? pick(twins, random)
            : (coups.get(path) ?? files.get(path)),
      ],
      random,
    )();
    if (change === undefined) files.delete(path);
    else files.set(path, change);
  }
  return files;
}

/** Each folder as often as the others, though some have one file and some have many. */
function pickPath(files: Files, random: Random): string {
  const folders = [...new Set([...files.keys()].map(folderOf))];
  return pick(neighboursOf(pick(folders, random), files), random);
}

function neighboursOf(path: string, files: Files): string[] {
  return [...files.keys()].filter((other) => folderOf(other) === folderOf(path));
}

function folderOf(path: string): string {
  return path.slice(0, path.indexOf("/") + 1);
}

/** Fields of an envelope, or of the payload within, under the signatures that it had. */
function mutateEnvelope(bytes: Uint8Array, random: Random): Uint8Array {
  return edit(bytes, (envelope) => {
    if (random() < 0.5) return mutateJson(envelope, random);
    return { ...envelope, payload: toBase64(mutatePayload(payloadOf(bytes), random)) };
  });
}

/** Fields of a payload, signed by people who may not sign it, or by too few of those who may. */
async function forge(path: string, bytes: Uint8Array, random: Random): Promise<Uint8Array> {
  const type = /^(root|channel|release|price)/.exec(path)?.[1] ?? "root";
  const name = type === "price" ? "prices" : type;
  try {
    const payload = mutatePayload(payloadOf(bytes), random);
    return encodeUtf8(JSON.stringify(await envelopeOf(name, payload, pick(STRANGERS[name]!, random))));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    return bytes; // was broken before
  }
}

const STRANGERS: Readonly<Record<string, readonly (readonly Signer[])[]>> = {
  root: [[], [rita], [rita, rita], [mallory], [online, mallory], [rita, online]],
  channel: [[], [mallory], [pricer], [alice], [cashier, pricer]],
  prices: [[], [mallory], [online], [alice]],
  release: [[], [alice], [alice, alice], [online], [mallory, online], [alice, mallory]],
};

function edit(bytes: Uint8Array, change: (envelope: Record<string, unknown>) => unknown): Uint8Array {
  try {
    return toBytes(change(JSON.parse(decodeUtf8(bytes) ?? "") as Record<string, unknown>));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    return bytes; // was broken before
  }
}

function mutatePayload(payload: Uint8Array, random: Random): Uint8Array {
  return toBytes(mutateJson(JSON.parse(decodeUtf8(payload) ?? ""), random));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** What JSON cannot hold becomes what JSON makes of it. */
function toBytes(value: unknown): Uint8Array {
  const replace = (_: string, field: unknown) => (typeof field === "bigint" ? Number(field) : field);
  return encodeUtf8(JSON.stringify(value, replace) ?? "");
}
