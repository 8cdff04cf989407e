// `haggle publish`: a signed release to a server, and from there to shoppers.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Code, HaggleError, refuse } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { API_FLAGS, API_HELP, type Api, openApi, withHint } from "../api.ts";
import type { Verb } from "../main.ts";
import { STABLE } from "../release-folder.ts";
import { findNewestVersion } from "../remote/newest-version.ts";
import { publishTree } from "../remote/publish-tree.ts";
import type { Rollout } from "../remote/rollout-text.ts";
import { STEP_FLAGS, STEP_HELP } from "../remote/steps.ts";
import { counted, shortDigest, type Terminal, usageError } from "../terminal.ts";
import { type DraftFolder, readDraft } from "../trust/draft-folder.ts";
import { showMoment } from "../trust/life.ts";
import { readDocumentOf } from "../trust/signed-file.ts";
import { followStart, startRollout, type Waiting } from "./rollout.ts";

const FLAGS = {
  ...API_FLAGS,
  ...STEP_FLAGS,
  root: { type: "string" },
  channel: { type: "string" },
  to: { type: "string" },
  folder: { type: "string" },
  rollout: { type: "boolean" },
  everybody: { type: "boolean" },
  gates: { type: "string" },
  older: { type: "boolean" },
  reason: { type: "string" },
  watch: { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

/** The answer to a channel that was given a release as a whole. */
type Pointed = { channel: string; version: number; release: string };

export const publish: Verb = {
  usage: `Usage: haggle publish DRAFT --url URL [--root FILE] [--rollout [--steps LIST] ... | --everybody] [--channel NAME]
       haggle publish ROOT --url URL

Brings a signed release to a server, which verifies it in full: the bundle first, then the release that names it. Both are
known by their digests, so a publish that broke off is said again. Without --rollout or --everybody nobody gets it yet.
A root that is brought alone is the next one, or the first that the server trusts.

With --to it brings nothing: it verifies what a release folder or a server gives out and writes it to DIR, in a folder of the
tenant's name, as the tree that a CDN or an object store gives out.

DRAFT is a folder with bundle.wasm and release.json, as haggle release sign and haggle build leave it; ROOT is a file.

  --root FILE      brings that root before
  --rollout        starts a rollout of it: see haggle rollout --help. The first release of a channel goes to everybody
  --everybody      gives it to all shoppers of the channel at once
${STEP_HELP}
  --gates FILE     JSON that says otherwise than the server's gates
  --older          a release that is not newer than the channel's is meant
  --reason TEXT    why, for the audit log
  --watch          stays until the rollout is over; ends with 1 when it was taken back
  --channel NAME   ${STABLE} when left out
  --to DIR         writes the tree for a CDN
  --folder DIR     the release folder that it is made from, instead of a server
${API_HELP}
  --json           prints what the server answers`,

  async run(args, terminal) {
    const { values, positionals } = parse(args);
    const [given, ...more] = positionals;
    const { to, folder, url = terminal.env.HAGGLE_URL, channel = STABLE, json = false } = values;
    if (to !== undefined) {
      if (given !== undefined)
        throw usageError("--to writes what is given out already, and takes no draft", given);
      if (folder === undefined && !url) throw usageError("--to needs --folder DIR or --url URL");
      const from = folder === undefined ? { url: url!.replace(/\/+$/, "") } : { folder };
      return publishTree(terminal, { to, from, channel, json });
    }
    if (folder !== undefined) throw usageError("--folder goes with --to");
    if (given === undefined || more.length > 0) throw usageError("publish takes one draft or root", more[0]);
    if (values.rollout && values.everybody) throw usageError("--rollout or --everybody, not both");
    if (!values.rollout) {
      const stray = [...Object.keys(STEP_FLAGS), "gates", "watch"].find((flag) =>
        Object.hasOwn(values, flag),
      );
      if (stray !== undefined) throw usageError(`--${stray} goes with --rollout`);
    }
    const path = resolve(terminal.cwd, given);
    const server = await openApi(terminal, values);
    if (await isFile(path)) {
      const { line, ...root } = await bringRoot(server, path);
      terminal.out(values.json ? JSON.stringify(root) : line);
      return 0;
    }
    const draft = await readDraft(path);
    if (values.root !== undefined) {
      const { line } = await bringRoot(server, resolve(terminal.cwd, values.root));
      if (!values.json) terminal.out(line);
    }
    await upload(server, draft);
    return give(terminal, server, draft, values);
  },
};

function parse(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options: FLAGS });
}

async function bringRoot(server: Api, path: string): Promise<{ line: string; root: number; sha256: string }> {
  const { bytes, document, sha256 } = await readDocumentOf("root", path);
  const { version, expires } = document;
  await server.ask("PUT", `/v1/root/${version}`, new TextDecoder().decode(bytes));
  return { line: `${server.url}: root ${version}, until ${showMoment(expires)}`, root: version, sha256 };
}

/** The bundle first: a release is refused whose bundle is not there. */
async function upload(server: Api, { bundle, release }: DraftFolder): Promise<void> {
  const digest = await sha256Hex(bundle);
  const named = release.document.bundles[0]!.sha256;
  if (named !== digest) throw refuse("ENGINE_BUNDLE_MISMATCH", "release.bundles[0].sha256", named);
  try {
    await server.ask("PUT", `/v1/bundles/${digest}`, bundle);
    await server.ask("POST", "/v1/releases", new TextDecoder().decode(release.bytes));
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    const hint = await hintOf(server, cause.code);
    throw hint === undefined ? cause : withHint(cause, hint);
  }
}

async function hintOf(server: Api, code: Code): Promise<string | undefined> {
  switch (code) {
    case "DOCUMENT_ROLLBACK": {
      const next = `haggle release draft --previous ${server.url} goes on from there`;
      // What it was refused for is told whatever else fails.
      const newest = await findNewestVersion(server).catch(() => undefined);
      return newest === undefined ? next : `the newest that the server holds is ${newest}; ${next}`;
    }
    case "SIGNATURE_MISSING":
      return "haggle release sign DRAFT --key FILE signs it";
    case "SIGNATURE_UNKNOWN_KEY":
      return "known are those of the server's root: haggle release draft, then release sign by one of them";
    default:
      return undefined;
  }
}

async function give(terminal: Terminal, server: Api, draft: DraftFolder, values: Values): Promise<number> {
  const { sha256, document } = draft.release;
  const { json = false, rollout = false, everybody = false } = values;
  if (!json) {
    const promotions = counted(document.promotions.length, "promotion");
    terminal.out(`${server.url}: release ${document.version} ${shortDigest(sha256)}, ${promotions}`);
  }
  if (!rollout && !everybody) {
    if (json) terminal.out(JSON.stringify({ release: sha256, version: document.version }));
    return 0;
  }
  const started = rollout ? await startUnlessFirst(terminal, server, sha256, values) : undefined;
  if (started !== undefined) return followStart(terminal, server, started, values);
  const pointed = await point(server, sha256, values);
  if (json) terminal.out(JSON.stringify(pointed));
  else if ("approval" in pointed) terminal.out(`waits for a second person: approval ${pointed.approval}`);
  else terminal.out(`channel ${pointed.channel} ${pointed.version} gives it to everybody`);
  return 0;
}

/** What a rollout on a channel without a release is refused with; one that there is not at all refuses what follows too. */
const FIRST: readonly string[] = ["SERVER_NO_RELEASE", "SERVER_UNKNOWN_CHANNEL"];

/** Undefined where the channel has no release yet: there is nobody to move from another one. */
async function startUnlessFirst(
  terminal: Terminal,
  server: Api,
  sha256: string,
  values: Values,
): Promise<Rollout | Waiting | undefined> {
  try {
    return await startRollout(terminal, server, sha256, values);
  } catch (cause) {
    const isFirst = cause instanceof HaggleError && FIRST.includes(cause.code);
    if (isFirst) return undefined;
    throw cause;
  }
}

async function point(server: Api, release: string, values: Values): Promise<Pointed | Waiting> {
  const { channel = STABLE, reason, older } = values;
  const body = { release, ...(older && { older: true }), ...(reason !== undefined && { reason }) };
  const path = `/v1/channels/${encodeURIComponent(channel)}/release`;
  return (await server.ask("PUT", path, body)) as Pointed | Waiting;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
