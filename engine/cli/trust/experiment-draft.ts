import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { encodeUtf8, HaggleError } from "@haggle/abi";
import { signersOf, verifyRoot } from "@haggle/sdk";
import type { Api } from "../api.ts";
import { findFile, writeAtomically } from "../files.ts";
import { pasted, printable, shown, type Terminal, usageError } from "../terminal.ts";
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

type ReleaseDraft = {
  kind: "release";
  version: number;
  previous: string;
  expires: number;
  removed: string[];
  renamed: Record<string, string>;
  envelope: object;
};

type StrategiesDraft = {
  kind: "strategies";
  version: string;
  previous: string;
  text: string;
  changed: string[];
  removed: string[];
  elsewhere: string[];
  warnings: { line: number; column: number; code: string; message: string }[];
};

type Decided = {
  experiment: string;
  unit: string;
  winner: string;
  state: string;
  draft: ReleaseDraft | StrategiesDraft | null;
};

/** Where a server looks for it, too. */
const STRATEGIES_FILE = "strategies.yaml";

/**
 * `experiment draft`: says who won, and writes the release that follows into a folder that its signers pass around, or of skus
 * the file of strategies. What the server gives to be signed is held against the root before anybody is asked to.
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
  if (out !== undefined && ((await isDraftFolder(out)) || (await findFile(join(out, STRATEGIES_FILE)))))
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
  const { draft, ...rest } = decided;
  if (draft.kind === "strategies") {
    const path = join(out, STRATEGIES_FILE);
    await mkdir(out, { recursive: true });
    await writeAtomically(path, draft.text);
    const { text: _written, ...told } = draft;
    if (json) terminal.out(JSON.stringify({ ...rest, path, ...told }));
    else for (const line of [headline(decided), ...strategyLines(terminal, path, draft)]) terminal.out(line);
    return 0;
  }
  const { release, previous, trusted } = await fetchDraft(server, draft, out, options, terminal);
  const { keys, threshold } = signersOf(trusted, "release");
  const changes = changesBetween(previous.document, release.document);
  if (json) {
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
  terminal.out(`  haggle release sign ${pasted(shown(terminal, out))} --key FILE`);
  return 0;
}

function headline({ experiment, unit, winner, state, draft }: Decided): string {
  return `${experiment}: ${printable(winner)} wins, ${state}; ${follows()}`;

  function follows(): string {
    if (draft?.kind === "release") return `release ${draft.version} follows from it, for its authors to sign`;
    if (draft?.kind === "strategies")
      return `strategies ${printable(draft.version)} follow from it, for their authors to save or send`;
    return unit === "sku"
      ? "no strategy in force names it, so nothing follows"
      : "no promotion of the live release names it, so no release follows";
  }
}

function strategyLines(
  terminal: Terminal,
  path: string,
  { version, previous, changed, removed, elsewhere, warnings }: StrategiesDraft,
): string[] {
  const file = shown(terminal, path);
  return [
    `${file}: strategies ${version} after ${previous}, not in force yet`,
    ...changed.map((id) => `  ~ strategy ${id}`),
    ...removed.map((id) => `  - strategy ${id}`),
    ...(elsewhere.length > 0 ? [`It changes prices on ${elsewhere.join(", ")} as well`] : []),
    ...warnings.map(({ line, column, code, message }) => `  ${line}:${column} ${code} ${message}`),
    `  haggle strategies put ${pasted(file)}`,
  ].map(printable);
}

async function fetchDraft(
  server: Api,
  draft: ReleaseDraft,
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
