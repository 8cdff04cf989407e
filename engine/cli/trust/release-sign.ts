// `release sign` and `release cosign`: shows what is signed, does what is due next, tells who is still needed.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Envelope, HaggleError, roleOf } from "@haggle/abi";
import { importPublicKey, type PublicKey, signersOf, type TrustedRoot } from "@haggle/sdk";
import { cosign, type Signer } from "@haggle/sdk/sign";
import { signBundle } from "@haggle/toolchain/sign";
import { writeAtomically } from "../files.ts";
import { shortDigest, shown, type Terminal, usageError } from "../terminal.ts";
import { confirm } from "./ask.ts";
import { changeLines, changesBetween } from "./changes.ts";
import { describe } from "./describe.ts";
import {
  type DraftFolder,
  type Progress,
  progressOf,
  readDraft,
  rootOfDraft,
  seal,
  writeBundle,
  writeRelease,
} from "./draft-folder.ts";
import { readRoot } from "./root-file.ts";
import {
  type AnyDocument,
  checkRoom,
  parseDocument,
  type RootTally,
  readDocument,
  type Tally,
  tallyOf,
  tallyRoot,
} from "./signed-file.ts";
import { getSigner, SIGNER_FLAGS } from "./signer-flags.ts";
import { rootTallyLines, shortKey, tallyJson, tallyLine } from "./tally-text.ts";

const FLAGS = {
  ...SIGNER_FLAGS,
  root: { type: "string" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Act = { signer: Signer; key: PublicKey; yes: boolean; json: boolean; cosigns: boolean };

export async function sign(args: string[], terminal: Terminal, cosigns: boolean): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0)
    throw usageError("release sign takes one draft or document", more[0]);
  if (values.json && !values.yes) throw usageError("--json shows nothing to agree with; say --yes too");
  const path = resolve(terminal.cwd, given);
  const root = values.root === undefined ? undefined : resolve(terminal.cwd, values.root);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const subject = isFolder ? await readDraft(path) : await readDocument(path);
  const signer = await getSigner(terminal, values);
  const act: Act = {
    signer,
    key: await importPublicKey(signer.publicKey),
    yes: values.yes === true,
    json: values.json === true,
    cosigns,
  };
  if (!("folder" in subject)) return signFile(terminal, subject, path, root, act);
  const trusted = await rootOfDraft(subject.folder, root);
  if (root === undefined && !act.json) {
    const came = `held against the root that came with the draft, ${shortDigest(trusted.sha256)}; --root FILE for yours`;
    terminal.out(terminal.paint("yellow", came));
  }
  return signDraft(terminal, subject, trusted, act);
}

/**
 * Signs the bundle while that lacks signatures, then the release. Whoever gives the bundle its last signature seals it:
 * the release then names it as it is, and gets its first signature in the same act.
 */
async function signDraft(
  terminal: Terminal,
  draft: DraftFolder,
  trusted: TrustedRoot,
  act: Act,
): Promise<number> {
  const { key, json } = act;
  const progress = await progressOf(draft, trusted);
  checkMember(progress.release, key, "releases");
  if (act.cosigns && progress.bundle.signed.length === 0) throw notSigned(draft.folder, terminal);
  if (!json) showDraft(terminal, draft);
  const due = dueOf(progress, key.keyid);
  if (due !== "nothing") {
    if (!(await agreed(terminal, act, TO_SIGN[due]))) return 1;
    if (due === "release") await signRelease(draft, draft.release.envelope, act);
    else await signTheBundle(draft, progress, act, due);
  }
  const signed = await readDraft(draft.folder);
  const after = await progressOf(signed, trusted);
  if (json) {
    const tallies = { bundle: tallyJson(after.bundle), release: tallyJson(after.release) };
    const { sha256 } = signed.release;
    terminal.out(JSON.stringify({ key: key.keyid, signed: due, sha256, sealed: after.sealed, ...tallies }));
    return 0;
  }
  if (due === "nothing") terminal.out(`${shortKey(key.keyid)} has signed already`);
  showProgress(terminal, after);
  return 0;
}

type Due = "bundle" | "bundle and release" | "release" | "nothing";

const TO_SIGN: Record<Exclude<Due, "nothing">, string> = {
  bundle: "the bundle of this release",
  "bundle and release": "the bundle, and this release of it",
  release: "this release",
};

/** What a key has to sign next. A bundle that is complete and not sealed was left so by an act that was cut short. */
function dueOf({ bundle, sealed, release }: Progress, keyid: string): Due {
  if (sealed) return release.signed.includes(keyid) ? "nothing" : "release";
  if (bundle.isComplete) return "bundle and release";
  if (bundle.signed.includes(keyid)) return "nothing";
  return bundle.signed.length + 1 < bundle.threshold ? "bundle" : "bundle and release";
}

/** The bundle is written first: from there an act that was cut short can be gone on with. */
async function signTheBundle(
  draft: DraftFolder,
  { bundle: { isComplete } }: Progress,
  act: Act,
  due: "bundle" | "bundle and release",
): Promise<void> {
  const bundle = isComplete ? draft.bundle : await signBundle(draft.bundle, act.signer);
  await writeBundle(draft.folder, bundle);
  if (due === "bundle and release") await signRelease(draft, await seal(draft.release.document, bundle), act);
}

async function signRelease({ folder }: DraftFolder, envelope: Envelope, { signer, key }: Act): Promise<void> {
  checkRoom(envelope, key.keyid);
  await writeRelease(folder, (await cosign(envelope, [signer])).bytes);
}

function showDraft(terminal: Terminal, { release, previous }: DraftFolder): void {
  for (const line of describe(terminal, release)) terminal.out(line);
  const changes = changesBetween(previous, release.document);
  const { previous: named } = release.document;
  if (named !== undefined && previous === undefined) {
    terminal.out(terminal.paint("yellow", "the release before it is not here, so everything shows as new"));
  }
  terminal.out(changes.length === 0 ? "no promotion, policy or bound changes" : "changes:");
  for (const line of changeLines(terminal, changes)) terminal.out(line);
}

function showProgress(terminal: Terminal, { bundle, sealed, release }: Progress): void {
  terminal.out(tallyLine(terminal, "bundle", bundle));
  if (sealed) terminal.out(tallyLine(terminal, "release", release));
  else terminal.out("release: is signed when the bundle has its signatures");
  if (sealed && release.isComplete) terminal.out("complete: haggle release publish");
}

/** Any document of ours, held against a root where one is given. */
async function signFile(
  terminal: Terminal,
  file: AnyDocument,
  path: string,
  rootPath: string | undefined,
  act: Act,
): Promise<number> {
  const { key, signer, json } = act;
  const root = rootPath === undefined ? undefined : (await readRoot(rootPath)).trusted;
  if (file.type === "root" && file.document.version > 1 && root === undefined) {
    throw usageError("A root that follows another needs --root FILE, the one before it");
  }
  if (act.cosigns && file.envelope.signatures.length === 0) {
    throw notSigned(path, terminal);
  }
  const before = await tallyFile(file, root);
  if (before !== undefined) checkMember(before, key, `a ${file.type}`);
  checkRoom(file.envelope, key.keyid);
  if (!json) {
    for (const line of describe(terminal, file)) terminal.out(line);
    if (before === undefined)
      terminal.out(terminal.paint("yellow", "not held against a root; --root FILE does that"));
  }
  if (!(await agreed(terminal, act, `this ${file.type}`))) return 1;
  const signed = await cosign(file.envelope, [signer]);
  await writeAtomically(path, signed.bytes);
  const after = await tallyFile(await parseDocument(signed.bytes, path), root);
  if (json) {
    const tally =
      after &&
      ("own" in after
        ? { own: tallyJson(after.own), ...(after.old && { old: tallyJson(after.old) }) }
        : tallyJson(after));
    terminal.out(JSON.stringify({ key: key.keyid, sha256: signed.sha256, type: file.type, ...tally }));
    return 0;
  }
  terminal.out(`${shown(terminal, path)}: signed by ${shortKey(key.keyid)}`);
  if (after === undefined) return 0;
  const lines =
    "own" in after ? rootTallyLines(terminal, after) : [tallyLine(terminal, roleOf(file.type), after)];
  for (const line of lines) terminal.out(line);
  return 0;
}

async function tallyFile(
  file: AnyDocument,
  root: TrustedRoot | undefined,
): Promise<Tally | RootTally | undefined> {
  if (file.type !== "root") return root && tallyOf(file.envelope, signersOf(root, roleOf(file.type)));
  const { version } = file.document;
  if (root !== undefined && version !== root.root.version + 1) {
    const message = `Root ${version} does not follow root ${root.root.version}`;
    throw new HaggleError("DOCUMENT_BAD_FIELD", message, { at: "root.version" });
  }
  return tallyRoot(file, root);
}

/** A signature that counts for nothing is a mistake of who gives it. */
function checkMember(tally: Tally | RootTally, { keyid }: PublicKey, what: string): void {
  const tallies = "own" in tally ? [tally.own, ...(tally.old ? [tally.old] : [])] : [tally];
  if (tallies.some(({ signed, open }) => signed.includes(keyid) || open.includes(keyid))) return;
  throw new HaggleError("CLI_BAD_KEY", `The root does not let this key sign ${what}`, { value: keyid });
}

function notSigned(path: string, terminal: Terminal): HaggleError {
  const message = "Nobody has signed yet; that is release sign";
  return new HaggleError("DOCUMENT_UNSIGNED", message, { at: shown(terminal, path) });
}

async function agreed(terminal: Terminal, { yes, key }: Act, what: string): Promise<boolean> {
  return yes || (await confirm(terminal, `Sign ${what} with ${shortKey(key.keyid)}?`));
}
