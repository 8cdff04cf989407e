import { type BundleMetadata, parseMetadata, type Release } from "@haggle/abi";
import { sha256Hex } from "../crypto.ts";
import { checkReference, compile } from "../engine.ts";
import { verifyProfile } from "../profile.ts";
import { verifyBundleSignature } from "../signature.ts";
import { signersOf, type TrustedRoot } from "../verify.ts";

/** A bundle that passed every check, compiled. */
export type LoadedBundle = { metadata: BundleMetadata; module: WebAssembly.Module };

export type Bundles = ReturnType<typeof createBundles>;

type Known = LoadedBundle & {
  /** Digests of the roots under which enough authors have signed it. */
  roots: Set<string>;
};

/** The one in use and the one before, to which a rollback goes. */
const KEPT = 2;

/**
 * Loads bundles as `createEngine` does, in the same order of checks, and remembers by their digests what came of it: what
 * a profile says of bytes, and what they compile to, holds for the same bytes under whatever release; who signed them,
 * under the same root.
 */
export function createBundles(kept = KEPT) {
  const bundles = new Map<string, Known>();

  /** @throws HaggleError SIGNATURE_*, ENGINE_BUNDLE_MISMATCH, PROFILE_*, ENGINE_COMPILE, ENGINE_WASM_BLOCKED */
  async function load(bundle: Uint8Array, release: Release, trusted: TrustedRoot): Promise<LoadedBundle> {
    const sha256 = await sha256Hex(bundle);
    const known = bundles.get(sha256);
    if (!known?.roots.has(trusted.sha256)) {
      const { keys, threshold } = signersOf(trusted, "release");
      await verifyBundleSignature(bundle, [...keys.values()], threshold);
    }
    checkReference(release, bundle, sha256);
    const loaded = known ?? { ...(await compileChecked(bundle)), roots: new Set<string>() };
    loaded.roots.add(trusted.sha256);
    bundles.delete(sha256);
    bundles.set(sha256, loaded);
    if (bundles.size > kept) bundles.delete(bundles.keys().next().value!);
    return loaded;
  }

  return { load };
}

async function compileChecked(bundle: Uint8Array): Promise<LoadedBundle> {
  const metadata = parseMetadata(verifyProfile(bundle).metadata);
  return { metadata, module: await compile(bundle) };
}
