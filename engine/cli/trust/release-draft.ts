import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  encodeDocument,
  HaggleError,
  parseChannel,
  parseEnvelope,
  parsePayload,
  refuse,
  SHA256_HEX,
} from "@haggle/abi";
import { signersOf } from "@haggle/sdk";
import { serverSource } from "@haggle/sdk/trust";
import { draftRelease } from "@haggle/toolchain";
import { isThisMachine, openApi } from "../api.ts";
import { buildTime, onePath, wholeNumber } from "../arguments.ts";
import { findFile } from "../files.ts";
import { createKeptCompiler } from "../kept-compiler.ts";
import { readProject } from "../project.ts";
import { findReleaseFolder, STABLE } from "../release-folder.ts";
import { findNewestVersion } from "../remote/newest-version.ts";
import { pasted, showDiagnostic, shown, type Terminal, usageError } from "../terminal.ts";
import { changeLines, changesBetween } from "./changes.ts";
import { isDraftFolder, writeDraft } from "./draft-folder.ts";
import { parseExpiry, showMoment } from "./life.ts";
import { readRoot } from "./root-file.ts";
import { type DocumentOf, parseDocument, readDocumentOf } from "./signed-file.ts";
import { shortKey } from "./tally-text.ts";

const FLAGS = {
  root: { type: "string" },
  out: { type: "string" },
  previous: { type: "string" },
  folder: { type: "string" },
  channel: { type: "string" },
  version: { type: "string" },
  expires: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `release draft`: builds a project into a folder that its signers pass around. */
export async function draft(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  if (values.root === undefined) throw usageError("release draft needs --root FILE, the root that is served");
  const project = await readProject(onePath(terminal, positionals, "."));
  const out = values.out === undefined ? join(project.root, "draft") : resolve(terminal.cwd, values.out);
  if (await isDraftFolder(out))
    throw usageError("There is a draft already; say --out DIR", shown(terminal, out));
  const { trusted, bytes: root } = await readRoot(resolve(terminal.cwd, values.root));
  const previous = await findPrevious(values, terminal);
  const version = versionAfter(previous, values.version);

  const now = buildTime(terminal);
  const { tenant } = trusted.root;
  const drafted = await draftRelease(project, {
    compiler: await createKeptCompiler(),
    ...project.data,
    version,
    now,
    ...(values.expires === undefined ? {} : { expires: parseExpiry(values.expires, now) }),
    ...(previous === undefined ? {} : { previous: previous.sha256 }),
    ...(tenant === undefined ? {} : { tenant }),
  });
  for (const diagnostic of drafted.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
  if (!drafted.ok) return 1;
  await writeDraft(out, { ...drafted, root, previous: previous?.document?.bytes });

  const { keys, threshold } = signersOf(trusted, "release");
  const release = parsePayload("release", encodeDocument(drafted.release)); // fields in the order of the format
  const changes = changesBetween(previous?.document?.document, release);
  if (values.json) {
    const { expires, bundles } = drafted.release;
    const signers = { threshold, keys: [...keys.keys()] };
    terminal.out(JSON.stringify({ path: out, version, expires, bundle: bundles[0], changes, signers }));
    return 0;
  }
  terminal.out(
    `${shown(terminal, out)}: release ${version}, until ${showMoment(drafted.release.expires)}, ${drafted.bundle.length} bytes, not signed yet`,
  );
  for (const line of changeLines(terminal, changes)) terminal.out(line);
  terminal.out(`It takes ${threshold} of ${[...keys.keys()].map(shortKey).join(", ")}, each of them:`);
  terminal.out(`  haggle release sign ${pasted(shown(terminal, out))} --key FILE`);
  return 0;
}

const MAX_VERSION = Number.MAX_SAFE_INTEGER;
/** What a server answers to those who may not publish there. */
const NO_KEY: readonly string[] = ["SERVER_UNAUTHORIZED", "SERVER_FORBIDDEN"];

/** The one that was asked for, which has to be newer than the one before; else the next that nobody has. */
function versionAfter(previous: Previous | undefined, asked: string | undefined): number {
  if (previous !== undefined && previous.document === undefined && asked === undefined) {
    const message =
      "A digest does not say which version it is; say --version N, one more, or --folder DIR that has it";
    throw usageError(message, previous.sha256);
  }
  const least = previous === undefined ? 1 : (previous.document?.document.version ?? 1) + 1;
  if (asked !== undefined) return wholeNumber("--version", asked, least, MAX_VERSION);
  return Math.max(least, (previous?.newest ?? 0) + 1);
}

type Previous = {
  sha256: string;
  document?: DocumentOf<"release">;
  /** The highest version that its server holds, where that tells. */
  newest?: number | undefined;
};

/**
 * A digest, which the folder may have, a release file, a draft, a served folder or a server, of which the release is the
 * one on the channel.
 */
async function findPrevious(
  { previous: text, folder, channel }: { previous?: string; folder?: string; channel?: string },
  terminal: Terminal,
): Promise<Previous | undefined> {
  if (folder !== undefined && !SHA256_HEX.test(text ?? ""))
    throw usageError("--folder goes with --previous DIGEST");
  const isServer = /^https?:\/\//.test(text ?? "");
  if (channel !== undefined && !isServer) throw usageError("--channel goes with --previous URL");
  if (text === undefined) return undefined;
  if (isServer) {
    const served = await fetchServedRelease(text, channel ?? STABLE);
    return { ...served, newest: await askNewestVersion(terminal, text) };
  }
  if (SHA256_HEX.test(text)) return findByDigest(text, folder && resolve(terminal.cwd, folder));
  const path = resolve(terminal.cwd, text);
  const served = await findReleaseFolder(path);
  const file =
    served !== undefined
      ? join(path, "releases", `${served.releaseDigest}.json`)
      : (await isFile(join(path, "release.json")))
        ? join(path, "release.json")
        : path;
  const document = await readDocumentOf("release", file);
  return { sha256: document.sha256, document };
}

/** What a channel of a server gives to most. Nothing of it is believed: who signs the draft sees what it changes. */
async function fetchServedRelease(url: string, channel: string): Promise<Previous> {
  const source = serverSource(url.replace(/\/+$/, ""));
  const bytes = await source({ kind: "channel", channel });
  if (bytes === undefined) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", channel);
  const { arms } = parseChannel(parseEnvelope(bytes, "channel").payload);
  const sha256 = arms[0]?.release;
  const release = sha256 && (await source({ kind: "release", sha256 }));
  if (!release) throw refuse("SERVER_UNKNOWN_RELEASE", "channel.arms", sha256);
  const document = await parseDocument(release, `${url} ${sha256}`);
  if (document.sha256 !== sha256) throw refuse("DOCUMENT_DIGEST_MISMATCH", "channel.arms", sha256);
  return { sha256, document: document as DocumentOf<"release"> };
}

/**
 * The server tells it to whoever has a key there; a draft of others goes on from what is served. A key goes to the server that
 * it is for, and to none that a draft happens to follow.
 */
async function askNewestVersion(terminal: Terminal, url: string): Promise<number | undefined> {
  if (!isOwnServer(url, terminal.env.HAGGLE_URL)) return undefined;
  try {
    return await findNewestVersion(await openApi(terminal, { url }));
  } catch (cause) {
    if (cause instanceof HaggleError && NO_KEY.includes(cause.code)) return undefined;
    throw cause;
  }
}

function isOwnServer(url: string, own: string | undefined): boolean {
  const { hostname, protocol, origin } = new URL(url);
  return isThisMachine(hostname) || (protocol === "https:" && origin === (own && URL.parse(own)?.origin));
}

async function findByDigest(sha256: string, folder: string | undefined): Promise<Previous> {
  if (folder === undefined) return { sha256 };
  const path = join(folder, "releases", `${sha256}.json`);
  const document = await readDocumentOf("release", path);
  if (document.sha256 === sha256) return { sha256, document };
  throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "The file is not what its name says", { at: path });
}

async function isFile(path: string): Promise<boolean> {
  return (await findFile(path)) !== undefined;
}
