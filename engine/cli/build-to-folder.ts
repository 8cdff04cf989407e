// From a project to a folder that a server serves: what `haggle dev` does at each change and `npm start` once.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Channel, parseRoot, type Root } from "@haggle/abi";
import type { SignedDocument, Signer } from "@haggle/sdk/sign";
import { build, type Compiler, type Diagnostic, signChannel } from "@haggle/toolchain";
import { findFile, getFile, writeAtomically } from "./files.ts";
import { createKeptCompiler } from "./kept-compiler.ts";
import { developmentSigner } from "./keys.ts";
import { type ProjectFolder, readProject } from "./project.ts";
import {
  findDocument,
  findOwnChannel,
  findReleaseFolder,
  nextVersion,
  STABLE,
  writeChannel,
  writeReleaseFolder,
} from "./release-folder.ts";
import { readRuntimeSources } from "./runtime-sources.ts";
import { digestBuild } from "./source-digest.ts";

export type FolderBuild =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      /** False when sources, toolchain and key are those that were built last. */
      changed: boolean;
      /** False when that is not what is served: somebody has published another release since, which stays until the next change. */
      isServed: boolean;
      /** Digest of the release. */
      release: string;
      channelVersion: number;
      /** Ids of the release's promotions, in no order that matters. */
      promotions: string[];
      diagnostics: Diagnostic[];
    };

export type FolderBuilder = {
  /** Brings the folder up to date with `project`, which is read anew when left out. Not to be called twice at once. */
  update(project?: ProjectFolder): Promise<FolderBuild>;
};

/** The served folder's own note of what its release was built from; servers do not serve it. */
const STAMP = ".build.json";

/**
 * Builds the project at `project` with the development key of `data` into the release folder `out`, unless the same
 * was built before, and signs the channel anew: it is only good for a day.
 *
 * @throws HaggleError CLI_NO_PROJECT, BUILD_PROJECT_CODE
 */
export async function buildToFolder(options: FolderOptions): Promise<FolderBuild> {
  return (await createFolderBuilder(options)).update();
}

export type FolderOptions = {
  /** Folder with rules/ in it. */
  project: string;
  /** Where this machine's keys are. */
  data: string;
  /** The release folder. */
  out: string;
  /** Epoch ms; the wall clock when left out. */
  clock?: () => number;
};

/** The same with a warm compiler, for many builds. */
export async function createFolderBuilder(options: FolderOptions): Promise<FolderBuilder> {
  const { data, out, clock = Date.now } = options;
  const signer = await developmentSigner(data);
  const runtime = await readRuntimeSources();
  let compiler: Compiler | undefined;
  return {
    async update(given) {
      const project = given ?? (await readProject(options.project));
      const digest = await digestBuild({ project, runtime, publicKey: signer.publicKey, purpose: "release" });
      const served = await findServed(out, signer, clock());
      const channel = await findOwnChannel(out, signer);
      const isAllowed = served !== undefined && served.release.version >= (channel?.minRelease ?? 0);
      const stamp = isAllowed ? await readStamp(out) : undefined;
      if (served !== undefined && stamp?.digest === digest) {
        const renewed = await renew(out, signer, served, { channel, now: clock() });
        return {
          ...renewed,
          isServed: stamp.release === undefined || stamp.release === served.releaseDigest,
        };
      }
      compiler ??= await createKeptCompiler();
      const root = served?.root ?? (await findKnownRoot(data, signer, clock()));
      const built = await rebuild({
        out,
        signer,
        compiler,
        project,
        digest,
        served,
        channel,
        root,
        now: clock(),
      });
      if (built.ok) await writeAtomically(join(data, KNOWN_ROOT), await getFile(join(out, "root.json")));
      return built;
    },
  };
}

/** The development key's root, beside the key: servers and pages that know it take no other for a new folder. */
const KNOWN_ROOT = join("keys", "development.root.json");

async function findKnownRoot(data: string, signer: Signer, now: number): Promise<SignedDocument | undefined> {
  const known = await findDocument(join(data, KNOWN_ROOT), "root", parseRoot);
  return known && isOwn(known.document, signer) && known.document.expires > now + DAY_MS
    ? known.signed
    : undefined;
}

/** Whether a root lists this machine's key and no other. */
function isOwn({ keys }: Root, signer: Signer): boolean {
  return Object.keys(keys).join() === createHash("sha256").update(signer.publicKey).digest("hex");
}

type Served = NonNullable<Awaited<ReturnType<typeof findReleaseFolder>>>;

/** What the folder serves, if it is this machine's own and still good for more than a day. */
async function findServed(out: string, signer: Signer, now: number): Promise<Served | undefined> {
  const served = await findReleaseFolder(out);
  if (served === undefined || !isOwn(served.rootDocument, signer)) return undefined;
  return Math.min(served.rootDocument.expires, served.release.expires) > now + DAY_MS ? served : undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

async function renew(
  out: string,
  signer: Signer,
  served: Served,
  { channel, now }: { channel: Channel | undefined; now: number },
): Promise<Extract<FolderBuild, { ok: true }>> {
  const version = nextVersion(served.channel.version, now);
  await writeChannel(
    out,
    await signChannel({
      signer,
      channel: STABLE,
      version,
      release: served.releaseDigest,
      now,
      ...keptOf(channel),
      // A rollout that is under way goes on.
      ...(channel && { arms: channel.arms }),
    }),
  );
  return {
    ok: true,
    changed: false,
    isServed: true,
    release: served.releaseDigest,
    channelVersion: version,
    promotions: served.release.promotions.map(({ id }) => id),
    diagnostics: [],
  };
}

/** What the next channel document takes over: nothing that was switched off comes back by itself. */
function keptOf(channel: Channel | undefined): Partial<Pick<Channel, "off" | "minRelease">> {
  return channel === undefined ? {} : { off: channel.off, minRelease: channel.minRelease };
}

async function rebuild(parts: {
  out: string;
  signer: Signer;
  compiler: Compiler;
  project: ProjectFolder;
  digest: string;
  served: Served | undefined;
  channel: Channel | undefined;
  root: SignedDocument | undefined;
  now: number;
}): Promise<FolderBuild> {
  const { out, signer, compiler, project, digest, served, channel, root, now } = parts;
  // Not below what the channel takes.
  const version = Math.max(nextVersion(served?.release.version ?? 0, now), channel?.minRelease ?? 0);
  const built = await build(project, {
    compiler,
    signer,
    now,
    version,
    development: true,
    ...project.data,
    ...(served && { previous: served.releaseDigest }),
    ...(root && { root }),
  });
  if (!built.ok) return built;
  const channelVersion = nextVersion(channel?.version ?? served?.channel.version ?? 0, now);
  const release = built.release.sha256;
  const signed = await signChannel({
    signer,
    channel: STABLE,
    version: channelVersion,
    release,
    now,
    ...keptOf(channel),
  });
  await writeReleaseFolder(out, {
    bundle: { bytes: built.bundle, sha256: built.digest },
    release: built.release,
    root: built.root,
    channel: signed,
  });
  await writeAtomically(join(out, STAMP), JSON.stringify({ digest, release }));
  return {
    ok: true,
    changed: true,
    isServed: true,
    release,
    channelVersion,
    promotions: built.promotions.map(({ id }) => id),
    diagnostics: built.diagnostics,
  };
}

type Stamp = {
  digest: string;
  /** What was built; unknown to those that wrote the folder before it was noted. */
  release?: string | undefined;
};

async function readStamp(out: string): Promise<Stamp | undefined> {
  const bytes = await findFile(join(out, STAMP));
  if (bytes === undefined) return undefined;
  const match = /^\{"digest":"([0-9a-f]{64})"(?:,"release":"([0-9a-f]{64})")?\}$/.exec(
    new TextDecoder().decode(bytes),
  );
  return match === null ? undefined : { digest: match[1]!, release: match[2] };
}
