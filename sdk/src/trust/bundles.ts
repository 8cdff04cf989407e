import { type BundleMetadata, HaggleError, parseMetadata, type Release, refuse } from "@haggle/abi";
import { sha256Hex } from "../crypto.ts";
import { type Compile, checkReference, compile as compileHere } from "../engine.ts";
import type { Measure } from "../marks.ts";
import { verifyProfile } from "../profile.ts";
import { verifyBundleSignature } from "../signature.ts";
import { signersOf, type TrustedRoot } from "../verify.ts";

/** A bundle that passed every check, compiled. */
export type LoadedBundle = { metadata: BundleMetadata; module: WebAssembly.Module };

export type Bundles = ReturnType<typeof createBundles>;

export type BundlesOptions = {
  /** Of different bytes. Default 2: the one in use and the one before, to which a rollback goes. */
  kept?: number | undefined;
  /** For hosts that compile nothing while they run: `precompiled` of `@haggle/sdk/edge`. */
  compile?: Compile | undefined;
  /** Told of what takes how long. */
  measure?: Measure | undefined;
};

type Known = LoadedBundle & {
  /** Digests of the roots under which enough authors have signed it. */
  roots: Set<string>;
};

/**
 * Loads bundles as `createEngine` does, in the same order of checks, and remembers by their digests what came of it: what
 * a profile says of bytes, and what they compile to, holds for the same bytes under whatever release; who signed them,
 * under the same root.
 */
export function createBundles({
  kept = 2,
  compile = compileHere,
  measure = (_step, work) => work(),
}: BundlesOptions = {}) {
  const bundles = new Map<string, Known>();

  /** @throws HaggleError SIGNATURE_*, ENGINE_BUNDLE_MISMATCH, PROFILE_*, ENGINE_COMPILE, ENGINE_WASM_BLOCKED */
  async function load(bundle: Uint8Array, release: Release, trusted: TrustedRoot): Promise<LoadedBundle> {
    const sha256 = await sha256Hex(bundle);
    const known = bundles.get(sha256);
    const metadata = await measure("verify", async () => {
      if (!known?.roots.has(trusted.sha256)) {
        const { keys, threshold } = signersOf(trusted, "release");
        await verifyBundleSignature(bundle, [...keys.values()], threshold);
      }
      checkReference(release, bundle, sha256);
      return known?.metadata ?? parseMetadata(verifyProfile(bundle).metadata);
    });
    const loaded = known ?? {
      metadata,
      module: await measure("compile", () => compileAsRefusal(bundle, sha256)),
      roots: new Set<string>(),
    };
    loaded.roots.add(trusted.sha256);
    bundles.delete(sha256);
    bundles.set(sha256, loaded);
    if (bundles.size > kept) bundles.delete(bundles.keys().next().value!);
    return loaded;
  }

  /** What a host's own `compile` throws is a bundle that cannot be had, and no bug of whoever updates. */
  async function compileAsRefusal(bundle: Uint8Array, sha256: string): Promise<WebAssembly.Module> {
    try {
      return await compile(bundle, sha256);
    } catch (cause) {
      throw cause instanceof HaggleError ? cause : refuse("ENGINE_COMPILE", "bundle", sha256, cause);
    }
  }

  return { load, measure };
}
