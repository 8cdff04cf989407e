// `release verify` and `release inspect`.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { explainError, HaggleError } from "@haggle/abi";
import { type TrustedRoot, verifyChannel, verifyPrices, verifyRelease, verifyRoot } from "@haggle/sdk";
import { verifyReceipt } from "@haggle/sdk/receipts";
import type { ChainedRoot } from "@haggle/sdk/trust";
import { showError, type Terminal, usageError } from "../terminal.ts";
import { type BundleSigner, bundleSignerLines, findBundleSigners, signersOfDraft } from "./bundle-signers.ts";
import { describe, describeJson } from "./describe.ts";
import { type DraftFolder, progressOf, readDraft, verifyDraft } from "./draft-folder.ts";
import { parseMoment } from "./life.ts";
import { explaining } from "./refusals.ts";
import { readRoot, verifyFollows } from "./root-file.ts";
import { type AnyDocument, readDocument } from "./signed-file.ts";
import { tallyJson } from "./tally-text.ts";

const FLAGS = {
  root: { type: "string" },
  now: { type: "string" },
  project: { type: "string" },
  json: { type: "boolean" },
} as const;

export async function inspect(args: string[], terminal: Terminal): Promise<number> {
  const options = { json: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const subject = await readSubject(positionals, terminal);
  const document = "folder" in subject ? subject.release : subject;
  const signers = await bundleSignersOf(subject, resolve(terminal.cwd, positionals[0]!));
  if (values.json) {
    const facts = { ...describeJson(document), ...(signers && { bundleSignatures: signers }) };
    terminal.out(JSON.stringify(facts, null, 2));
    return 0;
  }
  for (const line of describe(terminal, document)) terminal.out(line);
  if (signers) for (const line of bundleSignerLines(terminal, signers)) terminal.out(line);
  return 0;
}

async function bundleSignersOf(
  subject: DraftFolder | AnyDocument,
  path: string,
): Promise<BundleSigner[] | undefined> {
  if ("folder" in subject) return signersOfDraft(subject.folder, subject.bundle);
  return subject.type === "release" ? findBundleSigners(path, subject.document) : undefined;
}

export async function verify(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  if (values.root === undefined) throw usageError("release verify needs --root FILE");
  const rootPath = resolve(terminal.cwd, values.root);
  const now = values.now === undefined ? Date.now() : parseMoment("--now", values.now);
  try {
    const subject = await readSubject(positionals, terminal);
    const root = await readRoot(rootPath);
    const facts =
      "folder" in subject
        ? await verifyFolder(subject, root.trusted, now, values.project, terminal)
        : await verifyFile(subject, root, now);
    if (facts === undefined) return 1;
    if (values.json) terminal.out(JSON.stringify({ ok: true, ...facts }));
    else if ("complete" in facts && !facts.complete)
      terminal.out("built from these sources; signatures are missing");
    else terminal.out(terminal.paint("green", "holds"));
    return 0;
  } catch (error) {
    if (!(error instanceof HaggleError) || error.code === "CLI_USAGE") throw error;
    const { code, at } = error;
    if (values.json) terminal.out(JSON.stringify({ ok: false, code, at, message: explainError(error) }));
    else showError(terminal, error);
    return 1;
  }
}

/** A draft that is still on its way can be held against its sources, and no more. Undefined when those do not build. */
async function verifyFolder(
  draft: DraftFolder,
  trusted: TrustedRoot,
  now: number,
  project: string | undefined,
  terminal: Terminal,
) {
  if (project !== undefined) {
    const { isBuiltFrom } = await import("./built-from.ts"); // which loads the compiler
    if (!(await isBuiltFrom(draft, project, terminal))) return undefined;
  }
  const { bundle, release, sealed } = await progressOf(draft, trusted);
  if (project === undefined || release.isComplete) await verifyDraft(draft, trusted, now);
  const { type, sha256 } = draft.release;
  const tallies = { bundle: tallyJson(bundle), release: tallyJson(release) };
  return { type, sha256, sealed, complete: release.isComplete, ...tallies };
}

async function verifyFile({ type, bytes, sha256 }: AnyDocument, root: ChainedRoot, now: number) {
  const { trusted } = root;
  if (type === "root") await verifyFollows(bytes, root);
  await explaining({ type, bytes, by: type === "root" ? undefined : trusted }, async () => {
    if (type === "root") await verifyRoot(bytes, { now });
    else if (type === "release") await verifyRelease(bytes, trusted, { now });
    else if (type === "channel") await verifyChannel(bytes, trusted, { now });
    else if (type === "prices") await verifyPrices(bytes, trusted, { now });
    else await verifyReceipt(bytes, { root: trusted, now, development: true });
  });
  return { type, sha256 };
}

async function readSubject(positionals: string[], terminal: Terminal): Promise<DraftFolder | AnyDocument> {
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw usageError("One draft or document", more[0]);
  const path = resolve(terminal.cwd, given);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? readDraft(path) : readDocument(path);
}
