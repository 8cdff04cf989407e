// A release on its way through several hands: a folder that is passed around until enough people have signed.
//
//   bundle.wasm    gets the signatures of the bundle first, for the release names its digest with them
//   release.json   names the unsigned bundle until that has its signatures, then the signed one, and is signed itself
//   root.json      whose keys count
//   previous.json  the release before it, to see what changes

import { join } from "node:path";
import {
  type Envelope,
  encodeDocument,
  encodeEnvelope,
  HaggleError,
  MAX_BUNDLE_BYTES,
  parseMetadata,
  parseReleaseStrictly,
  type Release,
  refuse,
  WASM_HEADER,
} from "@haggle/abi";
import {
  parseSignedModule,
  sha256Hex,
  signersOf,
  type TrustedRoot,
  verifyBundleSignature,
  verifyProfile,
  verifyRelease,
} from "@haggle/sdk";
import { findFile, getBundle, writeAtomically } from "../files.ts";
import { explaining, whoSigned } from "./refusals.ts";
import { readRoot } from "./root-file.ts";
import {
  type DocumentOf,
  parseDocument,
  readDocumentOf,
  type Tally,
  talliedFrom,
  tallyOf,
} from "./signed-file.ts";

const NAMES = {
  bundle: "bundle.wasm",
  release: "release.json",
  root: "root.json",
  previous: "previous.json",
} as const;

export type DraftFolder = {
  folder: string;
  bundle: Uint8Array<ArrayBuffer>;
  release: DocumentOf<"release">;
  /** What it follows, when it was there to be compared with. */
  previous: Release | undefined;
};

/** How far a draft has come. `sealed`: the release names the bundle with its signatures, and is what remains to be signed. */
export type Progress = { bundle: Tally; sealed: boolean; release: Tally };

export async function isDraftFolder(folder: string): Promise<boolean> {
  return (await findFile(join(folder, NAMES.release))) !== undefined;
}

/** @throws HaggleError CLI_FILE, DOCUMENT_*, PROFILE_TOO_LARGE */
export async function readDraft(folder: string): Promise<DraftFolder> {
  const [bundle, release, before] = await Promise.all([
    getBundle(join(folder, NAMES.bundle)),
    readDocumentOf("release", join(folder, NAMES.release)),
    findFile(join(folder, NAMES.previous)),
  ]);
  const previous = before && (await parseDocument(before, join(folder, NAMES.previous)));
  // A release that it does not follow would show changes that nobody makes.
  const isBefore = previous?.type === "release" && previous.sha256 === release.document.previous;
  return { folder, bundle, release, previous: isBefore ? previous.document : undefined };
}

/** The root of `path`, else the one that came with the draft. */
export async function rootOfDraft(folder: string, path: string | undefined): Promise<TrustedRoot> {
  return (await readRoot(path ?? join(folder, NAMES.root))).trusted;
}

export async function writeDraft(
  folder: string,
  parts: { bundle: Uint8Array; release: Release; root: Uint8Array; previous?: Uint8Array | undefined },
): Promise<void> {
  await writeAtomically(join(folder, NAMES.root), parts.root);
  if (parts.previous) await writeAtomically(join(folder, NAMES.previous), parts.previous);
  await writeAtomically(join(folder, NAMES.bundle), parts.bundle);
  await writeAtomically(join(folder, NAMES.release), encodeEnvelope(unsigned(parts.release)));
}

/**
 * Checks everything about a draft but the number of its signatures, and counts those.
 *
 * @throws HaggleError PROFILE_*, SIGNATURE_* and DOCUMENT_* for what could never be published
 */
export async function progressOf({ bundle, release }: DraftFolder, trusted: TrustedRoot): Promise<Progress> {
  const { metadata } = verifyProfile(bundle);
  parseReleaseStrictly(release.envelope.payload, parseMetadata(metadata));
  const { tenant } = trusted.root;
  if (tenant !== undefined && release.document.tenant !== tenant) {
    throw refuse("DOCUMENT_WRONG_TENANT", "release.tenant", release.document.tenant);
  }
  const signers = signersOf(trusted, "release");
  const tally = talliedFrom(await bundleSigners(bundle, signers), signers);
  const named = release.document.bundles[0]!.sha256;
  const sealed = tally.signed.length > 0 && named === (await sha256Hex(bundle));
  if (!sealed && named !== (await sha256Hex(unsignedBundle(bundle)))) {
    throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "The release of the draft names another bundle", {
      at: "release.bundles[0].sha256",
      value: named,
    });
  }
  return { bundle: tally, sealed, release: await tallyOf(release.envelope, signers) };
}

/** Everything that a client checks, and that the table is what promotions and policy give. @throws HaggleError */
export async function verifyDraft(draft: DraftFolder, trusted: TrustedRoot, now: number): Promise<void> {
  const { bundle, release } = draft;
  const { bytes } = release;
  await explaining({ type: "release", bytes, by: trusted }, () => verifyRelease(bytes, trusted, { now }));
  const { sealed, bundle: tally } = await progressOf(draft, trusted);
  const { keys, threshold } = signersOf(trusted, "release");
  if (!tally.isComplete && tally.signed.length > 0) {
    const message = `The bundle of the draft has ${whoSigned("release", tally)}`;
    throw new HaggleError("SIGNATURE_THRESHOLD", message);
  }
  await verifyBundleSignature(bundle, [...keys.values()], threshold);
  if (!sealed)
    throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "The release names the bundle without its signatures");
}

/** The bundle without its signature section: what every signer signs, and what a build gives. */
export function unsignedBundle(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let bodyAt: number;
  try {
    bodyAt = parseSignedModule(bytes).bodyAt;
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code === "SIGNATURE_MISSING") return bytes;
    throw cause;
  }
  return Uint8Array.from([...WASM_HEADER, ...bytes.subarray(bodyAt)]);
}

export async function writeBundle(folder: string, bundle: Uint8Array): Promise<void> {
  if (bundle.length > MAX_BUNDLE_BYTES) throw refuse("PROFILE_TOO_LARGE", NAMES.bundle, bundle.length);
  await writeAtomically(join(folder, NAMES.bundle), bundle);
}

export async function writeRelease(folder: string, bytes: Uint8Array): Promise<void> {
  await writeAtomically(join(folder, NAMES.release), bytes);
}

/** The release of a bundle that now has its signatures. What was signed of the release before counts no more. */
export async function seal(release: Release, bundle: Uint8Array): Promise<Envelope> {
  return unsigned({ ...release, bundles: [{ sha256: await sha256Hex(bundle), size: bundle.length }] });
}

function unsigned(release: Release): Envelope {
  return { type: "release", payload: encodeDocument(release), signatures: [] };
}

/** Who has signed so far. A signature of a stranger has no place in a draft. */
async function bundleSigners(bundle: Uint8Array, { keys }: ReturnType<typeof signersOf>): Promise<string[]> {
  try {
    return await verifyBundleSignature(bundle, [...keys.values()], 1);
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code === "SIGNATURE_MISSING") return [];
    throw cause;
  }
}
