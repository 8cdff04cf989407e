// `release verify` and `release inspect`.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { encodeDocument, explainError, HaggleError, parsePayload } from "@haggle/abi";
import {
  signersOf,
  type TrustedRoot,
  verifyBundleSignature,
  verifyChannel,
  verifyPrices,
  verifyReceipt,
  verifyRelease,
  verifyRoot,
} from "@haggle/sdk";
import { createCompiler, draftRelease } from "@haggle/toolchain";
import { readProject } from "../project.ts";
import { readRuntimeSources } from "../runtime-sources.ts";
import { showDiagnostic, showError, shown, type Terminal, usageError } from "../terminal.ts";
import { describe, describeJson } from "./describe.ts";
import { type DraftFolder, progressOf, readDraft, unsignedBundle } from "./draft-folder.ts";
import { parseMoment } from "./life.ts";
import { type AnyDocument, readDocument, readRoot, verifyFollows } from "./signed-file.ts";
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
  if (values.json) terminal.out(JSON.stringify(describeJson(document), null, 2));
  else for (const line of describe(terminal, document)) terminal.out(line);
  return 0;
}

export async function verify(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  if (values.root === undefined) throw usageError("release verify needs --root FILE");
  const rootPath = resolve(terminal.cwd, values.root);
  const now = values.now === undefined ? Date.now() : parseMoment("--now", values.now);
  try {
    const subject = await readSubject(positionals, terminal);
    const root = await readRoot(rootPath);
    if ("folder" in subject) {
      if (values.project !== undefined && !(await isBuiltFrom(subject, values.project, terminal))) return 1;
      // A draft that is still on its way can be held against its sources, and no more.
      const progress = await progressOf(subject, root.trusted);
      if (values.project === undefined || progress.release.isComplete) {
        await verifyDraft(subject, root.trusted, now);
      } else if (!values.json) terminal.out("not all signatures yet");
      if (values.json) {
        const { bundle, release, sealed } = progress;
        const tallies = { bundle: tallyJson(bundle), release: tallyJson(release) };
        terminal.out(
          JSON.stringify({ ok: true, type: "release", sha256: subject.release.sha256, sealed, ...tallies }),
        );
        return 0;
      }
    } else {
      await verifyFile(subject, root, now);
      if (values.json) {
        terminal.out(JSON.stringify({ ok: true, type: subject.type, sha256: subject.sha256 }));
        return 0;
      }
    }
    terminal.out(terminal.paint("green", "holds"));
    return 0;
  } catch (error) {
    if (!(error instanceof HaggleError) || error.code === "CLI_USAGE") throw error;
    const { code, at } = error;
    if (values.json) terminal.out(JSON.stringify({ ok: false, code, at, message: explainError(error) }));
    else showError(terminal, error);
    return 1;
  }
}

/** Everything that a client checks, and that the table is what promotions and policy give. @throws HaggleError */
export async function verifyDraft(
  { bundle, release }: DraftFolder,
  trusted: TrustedRoot,
  now: number,
): Promise<void> {
  const draft = { folder: "", bundle, release, previous: undefined };
  await verifyRelease(release.bytes, trusted, { now });
  const { sealed } = await progressOf(draft, trusted);
  const { keys, threshold } = signersOf(trusted, "release");
  await verifyBundleSignature(bundle, [...keys.values()], threshold);
  if (!sealed)
    throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "The release names the bundle without its signatures");
}

async function verifyFile(
  { type, bytes }: AnyDocument,
  root: { trusted: TrustedRoot; bytes: Uint8Array },
  now: number,
): Promise<void> {
  const { trusted } = root;
  if (type === "root") {
    await verifyFollows(bytes, root);
    await verifyRoot(bytes, { now });
  } else if (type === "release") await verifyRelease(bytes, trusted, { now });
  else if (type === "channel") await verifyChannel(bytes, trusted, { now });
  else if (type === "prices") await verifyPrices(bytes, trusted, { now });
  else await verifyReceipt(bytes, trusted, { now });
}

/**
 * Builds the project again and compares: the code byte for byte, and what the release says beside it. A signer who does
 * so needs to trust nobody's build.
 */
async function isBuiltFrom(draft: DraftFolder, projectPath: string, terminal: Terminal): Promise<boolean> {
  const project = await readProject(resolve(terminal.cwd, projectPath));
  const { document } = draft.release;
  const { version, issued: now, expires, previous, tenant } = document;
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const built = await draftRelease(project, {
    compiler,
    ...project.data,
    version,
    now,
    expires,
    ...(previous && { previous }),
    ...(tenant && { tenant }),
  });
  for (const diagnostic of built.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
  if (!built.ok) return false;
  const place = shown(terminal, project.root);
  if (Buffer.compare(built.bundle, unsignedBundle(draft.bundle)) !== 0) {
    throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "These sources give another bundle", { at: place });
  }
  const { bundles } = document;
  // Through bytes, so that both have their fields in the order of the format.
  const again = parsePayload("release", encodeDocument({ ...built.release, bundles }));
  const rebuilt: Record<string, unknown> = again;
  const stated: Record<string, unknown> = document;
  const field = Object.keys({ ...rebuilt, ...stated }).find(
    (name) => JSON.stringify(rebuilt[name]) !== JSON.stringify(stated[name]),
  );
  if (field === undefined) return true;
  throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "This project gives another release", {
    at: `release.${field}`,
  });
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
