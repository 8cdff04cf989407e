// `release publish`: from what people signed to the folder that a server serves and a CDN copies.

import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Channel, HaggleError } from "@haggle/abi";
import { type TrustedRoot, verifyRelease } from "@haggle/sdk";
import type { Signer } from "@haggle/sdk/sign";
import type { ChainedRoot } from "@haggle/sdk/trust";
import { CHANNEL_LIFE_MS } from "@haggle/toolchain/sign";
import { wholeNumber } from "../arguments.ts";
import { findFile } from "../files.ts";
import { nextVersion, STABLE, writeChannel, writeRelease, writeRoot } from "../release-folder.ts";
import { shortDigest, shown, type Terminal, usageError } from "../terminal.ts";
import { type DraftFolder, readDraft, verifyDraft } from "./draft-folder.ts";
import { parseExpiry, showMoment } from "./life.ts";
import { checkChannelKey, signNextChannel } from "./next-channel.ts";
import { checkLive, publishRoot, readNextRoot, readServedRoot } from "./publish-root.ts";
import { findServedChannel } from "./served-channel.ts";
import { findSigner } from "./signer-flags.ts";

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
  "leave-short": { type: "boolean" },
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
  const act = { folder, now: Date.now(), leaveShort: values["leave-short"] === true };
  return isFolder ? publishDraft(path, values, act, terminal) : publishAlone(path, values, act, terminal);
}

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>["values"];
type Act = { folder: string; now: number; leaveShort: boolean };

async function publishAlone(path: string, values: Flags, act: Act, terminal: Terminal): Promise<number> {
  const odd = OF_DRAFTS.find((flag) => values[flag] !== undefined);
  if (odd !== undefined) throw usageError("A root alone is published without", `--${odd}`);
  const { root, sha256, toSign } = await publishRoot(path, act.folder, act);
  if (values.json) {
    terminal.out(JSON.stringify({ root: root.version, sha256, channelsToSign: toSign }));
    return 0;
  }
  terminal.out(`${shown(terminal, act.folder)}: root ${root.version}, until ${showMoment(root.expires)}`);
  for (const name of toSign) {
    const text = `channel ${name} is signed by no key of this root; release publish with the new --channel-key signs it again`;
    terminal.out(terminal.paint("yellow", text));
  }
  return 0;
}

/** What only a draft can be published with. */
const OF_DRAFTS = [
  "root",
  "channel",
  "channel-key",
  "channel-signer",
  "min-release",
  "new-channel",
  "older",
] as const;

/** Keys are opened, and everything is signed and verified, before the first byte is written. */
async function publishDraft(path: string, values: Flags, act: Act, terminal: Terminal): Promise<number> {
  const { folder, now, leaveShort } = act;
  const minRelease =
    values["min-release"] === undefined
      ? undefined
      : wholeNumber("--min-release", values["min-release"], 0, Number.MAX_SAFE_INTEGER);
  const expires = values.expires === undefined ? now + CHANNEL_LIFE_MS : parseExpiry(values.expires, now);
  const signer = await findSigner(terminal, {
    key: values["channel-key"],
    signer: values["channel-signer"],
    public: values["channel-public"],
    "passphrase-file": values["passphrase-file"],
  });
  const root =
    values.root === undefined
      ? await readServedRoot(folder, now)
      : await readNextRoot(resolve(terminal.cwd, values.root), folder, now);
  const draft = await readDraft(path);
  await verifyDraft(draft, root.trusted, now);
  const name = values.channel ?? STABLE;
  const channel =
    signer &&
    (await makeChannel(draft, signer, root, {
      folder,
      name,
      now,
      minRelease,
      isNew: values["new-channel"] === true,
      isOlderFine: values.older === true,
      expires,
    }));
  if (!leaveShort) await checkLive(folder, root, channel && name);

  const { release, bundle } = draft;
  await writeRelease(folder, { bundle, bundleSha256: release.document.bundles[0]!.sha256, release });
  if (values.root !== undefined) await writeRoot(folder, root.bytes, root.trusted.root.version);
  if (channel) await writeChannel(folder, channel.signed, name);
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

/** The next channel document: everybody gets the release, and what was switched off stays so. */
async function makeChannel(
  { release }: DraftFolder,
  signer: Signer,
  root: ChainedRoot,
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
  const { trusted } = root;
  await checkChannelKey(signer, trusted);
  const found = await findServedChannel(folder, name, root).catch((cause: unknown) => {
    if (isNew && cause instanceof HaggleError) return undefined;
    throw cause;
  });
  const served = found?.channel;
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
  return { document, signed: await signNextChannel(document, signer, trusted) };
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
