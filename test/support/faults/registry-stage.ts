import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseChannel, parseEnvelope } from "@haggle/abi";
import { type Signer, signerFromSeed } from "@haggle/sdk/sign";
import { signBundle } from "@haggle/toolchain";
import { SHOES, type Shop, testSigner } from "../release.ts";
import type { RolloutWorld } from "../rollout.ts";
import { until } from "../server.ts";
import { unsigned } from "../unsigned.ts";
import { describePriced, type Priced, priceAllTheTime, priceInSdk } from "./pricing-load.ts";
import { listFiles, listRows } from "./registry-rows.ts";
import type { ServerProcess } from "./server-process.ts";

// A server that prices all the time, and what authors and strangers sign for it meanwhile.

export type RegistryStage = { world: RolloutWorld; server: ServerProcess };

type Named = { bytes: Uint8Array; sha256: string };

/** What is signed, and nobody has yet. */
export type Publication = {
  bundle: Named;
  release: Named;
  channel: Named;
  /** Of the channel document. */
  version: number;
};

type Variation = NonNullable<Parameters<Shop["sign"]>[0]>;

/** Of `makeCart()`, by releases with both rules and by those with one. */
export const TOTAL = 31_000;
const TOTAL_WITHOUT = 36_000;

let signed = 0;

/**
 * Carts are priced from here on, by the server and by an SDK that follows it, until `finish`, which tells what was priced by
 * what no author has signed, or by another release than was to be, or until the block ends that uses it.
 */
export function openPricing({ world: { shop, from, to }, server }: RegistryStage) {
  const totals = new Map([
    [from, TOTAL],
    [to, TOTAL_WITHOUT],
  ]);
  const load = priceAllTheTime(server.url);
  const shopper = priceInSdk(server.url, shop.root.bytes);
  const holds: Hold[] = [];

  async function stop(): Promise<void> {
    shopper.stop();
    await load.stop();
  }

  return {
    /** The next one of the authors: a bundle of its own, and another price than the one before. */
    async sign(version: number): Promise<Publication> {
      const { publication, total } = await signNext(shop, version);
      totals.set(publication.release.sha256, total);
      return publication;
    },
    /** From now on everybody pays by this release, and nobody by another one, until the returned function is called. */
    async hold(release: string): Promise<() => Promise<void>> {
      await this.isPricedBy({ sha256: release });
      const hold = { release, from: performance.now(), until: Number.POSITIVE_INFINITY };
      holds.push(hold);
      return async () => {
        await this.isPricedBy({ sha256: release });
        hold.until = performance.now();
      };
    },
    /** Until somebody who asks from now on is priced by it, and in the SDK too. */
    async isPricedBy({ sha256 }: Pick<Named, "sha256">): Promise<void> {
      const begun = performance.now();
      const isIt = ({ askedAt, release }: Priced) => askedAt > begun && release === sha256;
      await until(() => load.answers.some(isIt) && shopper.answers.some(isIt));
    },
    /** Until so many who ask from now on have been priced. */
    async goesOn(answers: number): Promise<void> {
      const before = load.answers.length;
      await until(() => load.answers.length >= before + answers);
    },
    async finish(): Promise<string[]> {
      await stop();
      const isHeld = ({ askedAt, answeredAt, release }: Priced) =>
        holds.every((hold) => askedAt < hold.from || answeredAt > hold.until || release === hold.release);
      const isGood = (answer: Priced) =>
        answer.status === 200 && totals.get(answer.release ?? "") === answer.total && isHeld(answer);
      if (load.answers.length === 0) return ["nobody was priced"];
      const others = (answers: Priced[]) => answers.filter((answer) => !isGood(answer)).map(describePriced);
      return [...others(load.answers), ...others(shopper.answers).map((answer) => `in the SDK ${answer}`)];
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** The last good release, while something else is tried. */
type Hold = { release: string; from: number; until: number };

/** With another price than the one before. */
export async function signNext(
  shop: Shop,
  version: number,
): Promise<{ publication: Publication; total: number }> {
  const isShort = version % 2 === 0;
  const publication = await signPublication(shop, version, { ...(isShort && { rules: [SHOES] }) });
  return { publication, total: isShort ? TOTAL_WITHOUT : TOTAL };
}

/** With `bundleSigner` that one alone has signed the bundle. */
export async function signPublication(
  shop: Shop,
  version: number,
  { bundleSigner, ...variation }: Variation & { bundleSigner?: Signer } = {},
): Promise<Publication> {
  const bytes = await nextBundle(shop, bundleSigner);
  const bundle = { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  const bundles = [{ sha256: bundle.sha256, size: bytes.length }];
  const documents = await shop.sign({ ...variation, version, release: { bundles } });
  return { version, bundle, ...documents };
}

/** The shop's code, which somebody unknown has signed as well: each time another file, and as good. */
async function nextBundle({ bundle }: Shop, signer: Signer | undefined): Promise<Uint8Array> {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, ++signed);
  const whole = signer === undefined ? bundle.bytes : await signBundle(unsigned(bundle.bytes), signer);
  return signBundle(whole, await signerFromSeed(seed));
}

/** Whose keys no root has. */
export const stranger = (): Promise<Signer> => testSigner(77);

/** What is stored now, in rows and in the release folder; the returned function tells what is other since. */
export async function holdStill({ database, shop }: RolloutWorld): Promise<() => Promise<string[]>> {
  const list = async () => [...(await listRows(database)), ...(await listFiles(shop.folder))];
  const before = await list();
  return async () => {
    const after = await list();
    return [...without(before, after, "gone"), ...without(after, before, "new")];
  };
}

function without(lines: readonly string[], others: readonly string[], name: string): string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line)).map((line) => `${name}: ${line}`);
}

export async function findVersion({ server }: RegistryStage): Promise<number> {
  return (await server.call<{ channel: { version: number } }>("/readyz")).body.channel.version;
}

/** The release that everybody has. */
export async function findLive({ server }: RegistryStage): Promise<string> {
  const bytes = new Uint8Array(await (await server.get("/v1/channels/stable")).arrayBuffer());
  return parseChannel(parseEnvelope(bytes, "channel").payload).arms[0]!.release;
}

/** A version that no release has had. */
export async function nextRelease({ server }: RegistryStage): Promise<number> {
  const { releases } = (await server.call<{ releases: { version: number }[] }>("/v1/releases")).body;
  return releases[0]!.version + 1;
}

export type Request = { method: string; path: string; type: string; body: Uint8Array };

/** With the admin's key; resolves with the status and the code: `201`, `503 SERVER_DATABASE`. */
export async function send(
  { url, key }: ServerProcess,
  { method, path, type, body }: Request,
): Promise<string> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": type },
    body: new Uint8Array(body),
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return [response.status, ...(error ? [error.code] : [])].join(" ");
}

/** Gives everybody a release by its digest. */
export function point({ server }: Pick<RegistryStage, "server">, release: string): Promise<string> {
  const body = new TextEncoder().encode(JSON.stringify({ release, older: true }));
  const path = "/v1/channels/stable/release";
  return send(server, { method: "PUT", path, type: "application/json", body });
}

/** What shoppers get comes into the folder behind it. */
export async function isInFolder({ world, server }: RegistryStage): Promise<void> {
  await until(async () => {
    const served = Buffer.from(await (await server.get("/v1/channels/stable")).arrayBuffer());
    return served.equals(await readFile(join(world.shop.folder, "channels", "stable.json")));
  });
}
