// The one place where a draft gets its signatures. The key is in the hands of a `Signer` and stays on this side: not the
// language server, which builds the draft, and not the registry, which gets what is signed, ever sees it.

import { type Signer, signDocument } from "@haggle/sdk/sign";
import { signBundle } from "@haggle/toolchain/sign";
import type { Draft } from "../../shared/release.ts";
import { fromBase64 } from "./documents.ts";

export type SignedDraft = {
  bundle: Uint8Array<ArrayBuffer>;
  /** Hex SHA-256 of `bundle`. */
  digest: string;
  /** The JSON of the release's envelope. */
  release: Uint8Array<ArrayBuffer>;
  /** Hex SHA-256 of the release's payload. */
  sha256: string;
  version: number;
};

/**
 * Signs the bundle, and then the release, which names the bundle with its signature.
 *
 * @throws HaggleError SIGNATURE_*, DOCUMENT_*
 */
export async function signDraft(draft: Draft, signer: Signer): Promise<SignedDraft> {
  const bundle = await signBundle(fromBase64(draft.bundle), signer);
  const digest = await sha256Hex(bundle);
  const document = { ...draft.release, bundles: [{ sha256: digest, size: bundle.length }] };
  const { bytes, sha256 } = await signDocument(document, [signer]);
  return { bundle, digest, release: bytes, sha256, version: draft.release.version };
}

/**
 * The first of several signatures: the bundle gets them all before the release, which names it with them, gets any. The
 * others go on with `haggle release cosign`.
 */
export async function beginSigning(draft: Draft, signer: Signer): Promise<SignedDraft> {
  const bundle = await signBundle(fromBase64(draft.bundle), signer);
  const { bytes, sha256 } = await signDocument(draft.release, []);
  return { bundle, digest: await sha256Hex(bundle), release: bytes, sha256, version: draft.release.version };
}

/** What roots call a key. */
export function keyIdOf({ publicKey }: Pick<Signer, "publicKey">): Promise<string> {
  return sha256Hex(publicKey);
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
