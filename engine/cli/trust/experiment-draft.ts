import { resolve } from "node:path";
import { encodeUtf8, HaggleError } from "@haggle/abi";
import { signersOf, verifyRoot } from "@haggle/sdk";
import type { Api } from "../api.ts";
import { printable, shown, type Terminal, usageError } from "../terminal.ts";
import { changeLines, changesBetween } from "./changes.ts";
import { isDraftFolder, progressOf, readDraft, writeDraft } from "./draft-folder.ts";
import { showMoment } from "./life.ts";
import { readRoot } from "./root-file.ts";
import { type DocumentOf, parseDocument } from "./signed-file.ts";
import { shortKey } from "./tally-text.ts";

type Options = {
  /** Which variant stays; the one that was said before when left out. */
  winner?: string | undefined;
  reason?: string | undefined;
  /** Where to write it; nowhere when left out. */
  out?: string | undefined;
  /** The root that it is held against; the server's own when left out. */
  root?: string | undefined;
  json?: boolean | undefined;
};

type Decided = {
  experiment: string;
  unit: string;
  winner: string;
  state: string;
  draft: {
    version: number;
    previous: string;
    expires: number;
    removed: string[];
    renamed: Record<string, string>;
    envelope: object;
  } | null;
};

/**
 * `experiment draft`: says who won, and writes the release that follows into a folder that its signers pass around. What the
 * server gives is held against the root before anybody is asked to sign it.
 */
export async function draftWinner(
  terminal: Terminal,
  server: Api,
  key: string,
  options: Options,
): Promise<number> {
  const { winner, reason, json } = options;
  const out = options.out === undefined ? undefined : resolve(terminal.cwd, options.out);
  // Before anything is decided.
  if (out !== undefined && (await isDraftFolder(out)))
    throw usageError("There is a draft already; say another --out DIR", shown(terminal, out));
  const path = `/v1/experiments/${encodeURIComponent(key)}`;
  const body = { variant: winner, ...(reason !== undefined && { reason }) };
  const decided = (
    winner === undefined
      ? await server.ask("GET", `${path}/draft`)
      : await server.ask("POST", `${path}/winner`, body)
  ) as Decided;
  if (out === undefined || decided.draft === null) {
    terminal.out(json ? JSON.stringify(decided) : headline(decided));
    return 0;
  }
  const { release, previous, trusted } = await fetchDraft(server, decided.draft, out, options, terminal);
  const { keys, threshold } = signersOf(trusted, "release");
  const changes = changesBetween(previous.document, release.document);
  if (json) {
    const { draft, ...rest } = decided;
    const { version, expires } = draft;
    const signers = { threshold, keys: [...keys.keys()] };
    terminal.out(JSON.stringify({ ...rest, path: out, version, expires, changes, signers }));
    return 0;
  }
  const { version, expires } = release.document;
  terminal.out(headline(decided));
  terminal.out(`${shown(terminal, out)}: release ${version}, until ${showMoment(expires)}, not signed yet`);
  for (const line of changeLines(terminal, changes)) terminal.out(line);
  terminal.out(`It takes ${threshold} of ${[...keys.keys()].map(shortKey).join(", ")}, each of them:`);
  terminal.out(`  haggle release sign ${shown(terminal, out)} --key FILE`);
  return 0;
}

function headline({ experiment, unit, winner, state, draft }: Decided): string {
  const none =
    unit === "sku"
      ? "; it is over skus, so no release follows: give its strategies the parameters of the winner, and take their experiment out"
      : "; no promotion of the live release names it, so no release follows";
  const follows =
    draft === null ? none : `; release ${draft.version} follows from it, for its authors to sign`;
  return `${experiment}: ${printable(winner)} wins, ${state}${follows}`;
}

async function fetchDraft(
  server: Api,
  draft: NonNullable<Decided["draft"]>,
  out: string,
  { root: rootFile }: Options,
  terminal: Terminal,
) {
  const fetchBytes = async (path: string) => new Uint8Array(await (await server.send(path)).arrayBuffer());
  const release = await parseRelease(encodeUtf8(JSON.stringify(draft.envelope)), out);
  const { sha256 } = release.document.bundles[0]!;
  const [bundle, before, served] = await Promise.all([
    fetchBytes(`/v1/bundles/${sha256}`),
    fetchBytes(`/v1/releases/${draft.previous}`),
    fetchBytes("/v1/root"),
  ]);
  const { trusted, bytes: root } =
    rootFile === undefined
      ? { trusted: await verifyRoot(served), bytes: served }
      : await readRoot(resolve(terminal.cwd, rootFile));
  const previous = await parseRelease(before, server.url);
  if (previous.sha256 !== release.document.previous) {
    throw new HaggleError(
      "DOCUMENT_DIGEST_MISMATCH",
      "The server gives another release than the draft follows",
      {
        at: server.url,
        value: previous.sha256,
      },
    );
  }
  await writeDraft(out, { bundle, release: release.document, root, previous: before });
  await progressOf(await readDraft(out), trusted);
  return { release, previous, trusted };
}

async function parseRelease(bytes: Uint8Array, path: string): Promise<DocumentOf<"release">> {
  const document = await parseDocument(bytes, path);
  if (document.type === "release") return document;
  throw new HaggleError("DOCUMENT_WRONG_TYPE", "Not a release", { at: path, value: document.type });
}
