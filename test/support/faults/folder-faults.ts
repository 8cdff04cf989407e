import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Channel } from "@haggle/abi";
import { signOnlineRoot } from "../online-root.ts";
import { until } from "../server.ts";
import { type BadBundle, readBadBundles } from "./bad-bundles.ts";
import { checkRows, listRows } from "./registry-rows.ts";
import {
  findLive,
  findVersion,
  isInFolder,
  openPricing,
  type Publication,
  point,
  type RegistryStage,
  signPublication,
  stranger,
} from "./registry-stage.ts";
import { tears } from "./spoil.ts";

// A release folder that is written in place, by programs that stop halfway or mean harm, while everybody prices by it.

type Kind = "bundle" | "release" | "channel" | "root";
type Files = Record<Kind, { path: string; bytes: Uint8Array }>;
/** What it makes of the next publication. */
type Harm = { name: string; harm(files: Files, version: number): Promise<Partial<Files>> };

/**
 * Writes publications of which one file is torn or zero-filled, at every `step`th byte the one or the other, or another
 * one's, or a stranger's, or whose bundle is hostile or wrongly signed; then a whole one, which has to go live. Before that
 * the refusal is told, nothing is stored, and everybody pays by the last good one, in the SDK too. One of `share` is written.
 *
 * @returns how many were written, and what went wrong
 */
export async function writeSpoilt(
  stage: RegistryStage,
  step: number,
  share = 1,
): Promise<{ runs: number; wrong: string[] }> {
  const { world, server } = stage;
  const { shop, database } = world;
  await using pricing = openPricing(stage);
  const wrong: string[] = [];
  let runs = 0;
  await isInFolder(stage);
  const quiet = await listWarnings();

  async function listWarnings(): Promise<string[]> {
    return (await server.call<{ warnings: string[] }>("/readyz")).body.warnings;
  }

  async function write(files: Partial<Files>): Promise<void> {
    for (const { path, bytes } of Object.values(files)) {
      const target = join(shop.folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    }
  }

  async function run({ name, harm }: Harm): Promise<void> {
    const live = await findVersion(stage);
    const good = await findLive(stage);
    const publication = await pricing.sign(live + 1);
    const files = filesOf(publication, shop.root.bytes);
    const spoilt = await harm(files, live + 1);
    // Behind the end of a file that is shorter than the sample's nothing is torn.
    if (isWhole(spoilt, files)) return;
    runs += 1;
    const rows = await listRows(database);
    const release = await pricing.hold(good);
    await write(spoilt);
    await until(async () => (await listWarnings()).some((code) => !quiet.includes(code)));
    const isLeft = (await findVersion(stage)) === live;
    if (!isLeft || (await listRows(database)).join() !== rows.join()) wrong.push(`${name}: was taken`);
    await release();
    await write(files);
    await until(async () => (await findVersion(stage)) === publication.version);
    await until(async () => (await listWarnings()).join() === quiet.join());
  }

  const sample = filesOf(await signPublication(shop, 1), shop.root.bytes);
  const bad = await readBadBundles(shop, ["profile", "compile", "instantiate"]);
  const all = [...torn(sample, step), ...swapped(sample), ...byStranger(stage), ...named(stage, bad)];
  const harms = all.filter((_, index) => index % share === 0);
  for (const harm of harms) {
    await run(harm).catch((cause: unknown) => wrong.push(`${harm.name}: ${cause}`));
  }
  await point(stage, world.from);
  await isInFolder(stage);
  wrong.push(...(await checkRows(database)), ...(await pricing.finish()));
  return { runs, wrong };
}

function isWhole(spoilt: Partial<Files>, files: Files): boolean {
  return kindsOf(files).every(
    (kind) => !spoilt[kind] || Buffer.compare(spoilt[kind].bytes, files[kind].bytes) === 0,
  );
}

function filesOf({ bundle, release, channel }: Publication, root: Uint8Array): Files {
  return {
    bundle: { path: `bundles/${bundle.sha256}.wasm`, bytes: bundle.bytes },
    release: { path: `releases/${release.sha256}.json`, bytes: release.bytes },
    root: { path: "root.json", bytes: root },
    channel: { path: "channels/stable.json", bytes: channel.bytes },
  };
}

/** Cut at one place, zero from the next one on. */
function torn(sample: Files, step: number): Harm[] {
  return kindsOf(sample).flatMap((kind) =>
    tears(sample[kind].bytes.length, step)
      .filter((_, index) => index % 4 === 0 || index % 4 === 3)
      .map(({ how, tear }) => ({
        name: `${kind} ${how}`,
        harm: async (files) => withBytes(files, kind, tear(files[kind].bytes)),
      })),
  );
}

function swapped(sample: Files): Harm[] {
  return kindsOf(sample).flatMap((kind) =>
    kindsOf(sample)
      .filter((other) => other !== kind)
      .map((other) => ({
        name: `${other} for ${kind}`,
        harm: async (files) => withBytes(files, kind, files[other].bytes),
      })),
  );
}

function byStranger({ world: { shop } }: RegistryStage): Harm[] {
  const documents: Harm[] = (["bundleSigner", "releaseSigner", "channelSigner"] as const).map((role) => ({
    name: `a stranger as ${role}`,
    async harm({ root }, version) {
      const publication = await signPublication(shop, version, { [role]: await stranger() });
      return filesOf(publication, root.bytes);
    },
  }));
  const root: Harm = {
    name: "a stranger's root",
    harm: async (files) =>
      withBytes(files, "root", (await signOnlineRoot({ signers: [await stranger()] })).bytes),
  };
  return [...documents, root];
}

/** Rightful documents that name a bundle which nobody may take. */
function named({ world: { shop } }: RegistryStage, bad: readonly BadBundle[]): Harm[] {
  return bad.map(({ name, bytes, sha256, sign }) => ({
    name,
    async harm({ root }, version) {
      const release = await sign(version);
      const arms: Channel["arms"] = [{ release: release.sha256, range: [0, 10_000], seed: "stable" }];
      const { channel } = await shop.sign({ version, channel: { arms } });
      return filesOf({ bundle: { bytes, sha256 }, release, channel, version }, root.bytes);
    },
  }));
}

/** Of a root the others are none: under the one that is known they are as good as before. */
function withBytes(files: Files, kind: Kind, bytes: Uint8Array): Partial<Files> {
  const spoilt = { [kind]: { ...files[kind], bytes } };
  return kind === "root" ? spoilt : { ...files, ...spoilt };
}

function kindsOf(files: Files): Kind[] {
  return Object.keys(files) as Kind[];
}
