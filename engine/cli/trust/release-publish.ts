// `release publish`: from what people signed to the folder that a server serves and a CDN copies.

import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Channel, HaggleError, parseRoot } from "@haggle/abi";
import {
  importPublicKey,
  signersOf,
  type TrustedRoot,
  verifyChannel,
  verifyRelease,
  verifyRoot,
} from "@haggle/sdk";
import { type Signer, signDocument } from "@haggle/sdk/sign";
import { CHANNEL_LIFE_MS } from "@haggle/toolchain/sign";
import { wholeNumber } from "../arguments.ts";
import { findFile } from "../files.ts";
import { nextVersion, STABLE, writeChannel, writeRelease, writeRoot } from "../release-folder.ts";
import { shortDigest, shown, type Terminal, usageError } from "../terminal.ts";
import { type DraftFolder, readDraft, verifyDraft } from "./draft-folder.ts";
import { parseExpiry, showMoment } from "./life.ts";
import { findServedChannel } from "./served-channel.ts";
import { readDocumentOf, readRoot, verifyFollows } from "./signed-file.ts";
import { findSigner } from "./signer-flags.ts";
import { shortKey } from "./tally-text.ts";

const FLAGS = {
  folder: { type: "string" },
  root: { type: "string" },
  channel: { type: "string" },
  "channel-key": { type: "string" },
  "channel-signer": { type: "string" },
  "channel-public": { type: "string" },
  "passphrase-file": { type: "string" },
  "min-release": { type: "string" },
  "new-channel": { type: "boolean" },
  older: { type: "boolean" },
  expires: { type: "string" },
  json: { type: "boolean" },
} as const;

export async function publish(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0)
    throw usageError("release publish takes one draft or root", more[0]);
  if (values.folder === undefined)
    throw usageError("release publish needs --folder DIR, the folder that is served");
  const path = resolve(terminal.cwd, given);
  const folder = resolve(terminal.cwd, values.folder);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const now = Date.now();
  if (!isFolder) {
    const { sha256, document } = await publishRoot(await readDocumentOf("root", path), folder, now);
    if (values.json) terminal.out(JSON.stringify({ root: document.version, sha256 }));
    else
      terminal.out(
        `${shown(terminal, folder)}: root ${document.version}, until ${showMoment(document.expires)}`,
      );
    return 0;
  }
  const draft = await readDraft(path);
  const root = values.root === undefined ? undefined : resolve(terminal.cwd, values.root);
  const trusted = await bringRoot(folder, root, now);
  await verifyDraft(draft, trusted, now);
  const minRelease =
    values["min-release"] === undefined
      ? undefined
      : wholeNumber("--min-release", values["min-release"], 0, Number.MAX_SAFE_INTEGER);
  const signer = await findSigner(terminal, {
    key: values["channel-key"],
    signer: values["channel-signer"],
    public: values["channel-public"],
    "passphrase-file": values["passphrase-file"],
  });
  // Made before anything is written: a channel that cannot be signed publishes nothing.
  const channel =
    signer &&
    (await makeChannel(draft, signer, trusted, {
      folder,
      name: values.channel ?? STABLE,
      now,
      minRelease,
      isNew: values["new-channel"] === true,
      isOlderFine: values.older === true,
      expires: values.expires === undefined ? now + CHANNEL_LIFE_MS : parseExpiry(values.expires, now),
    }));
  const { release, bundle } = draft;
  await writeRelease(folder, { bundle, bundleSha256: release.document.bundles[0]!.sha256, release });
  if (channel) await writeChannel(folder, channel.signed, channel.document.channel);
  report(terminal, folder, draft, channel?.document, values.json === true);
  return 0;
}

function report(
  terminal: Terminal,
  folder: string,
  { release }: DraftFolder,
  channel: Channel | undefined,
  json: boolean,
): void {
  const { version } = release.document;
  if (json) {
    const named = channel && { name: channel.channel, version: channel.version, expires: channel.expires };
    terminal.out(JSON.stringify({ release: release.sha256, version, channel: named }));
    return;
  }
  terminal.out(`${shown(terminal, folder)}: release ${version} ${shortDigest(release.sha256)}`);
  if (channel === undefined)
    terminal.out(terminal.paint("yellow", "no channel names it; --channel-key FILE does that"));
  else {
    const until = `until ${showMoment(channel.expires)}`;
    terminal.out(`channel ${channel.channel} ${channel.version} gives it to everybody, ${until}`);
  }
}

/** The root of the folder, or, where one is given, that one: the first, or the next of a chain. */
async function bringRoot(folder: string, path: string | undefined, now: number): Promise<TrustedRoot> {
  if (path !== undefined) await publishRoot(await readDocumentOf("root", path), folder, now);
  const bytes = await findFile(join(folder, "root.json"));
  if (bytes === undefined) throw usageError("The folder has no root yet; say --root FILE");
  return verifyRoot(bytes, { now });
}

type RootFile = Awaited<ReturnType<typeof readDocumentOf<"root">>>;

/** A root goes out alone too: everybody must have it before anything that its new keys sign. */
async function publishRoot(root: RootFile, folder: string, now: number): Promise<RootFile> {
  const { bytes } = root;
  await verifyRoot(bytes, { now });
  const served = join(folder, "root.json");
  if ((await findFile(served)) !== undefined) await verifyFollows(bytes, await readRoot(served));
  await writeRoot(folder, bytes, parseRoot(root.envelope.payload).version);
  return root;
}

/** The next channel document: everybody gets the release, and what was switched off stays so. */
async function makeChannel(
  { release }: DraftFolder,
  signer: Signer,
  trusted: TrustedRoot,
  options: {
    folder: string;
    name: string;
    now: number;
    minRelease: number | undefined;
    /** A served channel that does not verify counts as none. */
    isNew: boolean;
    /** A release that is no newer than the live one may be meant. */
    isOlderFine: boolean;
    expires: number;
  },
) {
  const { folder, name, now, isNew, expires } = options;
  const { keyid } = await importPublicKey(signer.publicKey);
  if (!signersOf(trusted, "channel").keys.has(keyid)) {
    throw new HaggleError("CLI_BAD_KEY", "The root does not let this key sign channels", {
      value: shortKey(keyid),
    });
  }
  const served = await findServedChannel(folder, name, trusted).catch((cause: unknown) => {
    if (isNew && cause instanceof HaggleError) return undefined;
    throw cause;
  });
  if (served?.off.releases.includes(release.sha256)) {
    throw new HaggleError("ENGINE_RELEASE_OFF", "The channel has switched this release off", {
      at: "channel.off.releases",
      value: release.sha256,
    });
  }
  if (!options.isOlderFine) await refuseOlder(release, served, folder, trusted);
  const minRelease = options.minRelease ?? served?.minRelease ?? 0;
  if (release.document.version < minRelease) {
    throw new HaggleError("DOCUMENT_ROLLBACK", "The channel takes no release below its minRelease", {
      at: "release.version",
      value: release.document.version,
    });
  }
  const { tenant } = trusted.root;
  const document: Channel = {
    type: "channel",
    channel: name,
    version: nextVersion(served?.version ?? 0, now),
    ...(tenant === undefined ? {} : { tenant }),
    issued: now,
    expires,
    arms: [{ release: release.sha256, range: [0, EVERYBODY], seed: name }],
    off: served?.off ?? { promotions: [], rules: [], releases: [] },
    minRelease,
  };
  const signed = await signDocument(document, [signer]);
  await verifyChannel(signed.bytes, trusted, { now, channel: name });
  return { document, signed };
}

/** A draft that lay around must not take the shop back unnoticed. */
async function refuseOlder(
  { document, sha256 }: DraftFolder["release"],
  served: Channel | undefined,
  folder: string,
  trusted: TrustedRoot,
): Promise<void> {
  const live = served?.arms.map((arm) => arm.release) ?? [];
  if (live.includes(sha256)) return;
  for (const digest of live) {
    const bytes = await findFile(join(folder, "releases", `${digest}.json`));
    if (bytes === undefined) continue;
    const { release } = await verifyRelease(bytes, trusted, { sha256: digest }).catch(() => ({
      release: undefined,
    }));
    if (release === undefined || document.version > release.version) continue;
    throw new HaggleError(
      "DOCUMENT_ROLLBACK",
      `Release ${release.version} is live; --older publishes this one all the same`,
      { at: "release.version", value: document.version },
    );
  }
}

const EVERYBODY = 10_000;
