// From bytes nobody trusts to an engine that prices carts.

import {
  type BundleMetadata,
  type Cart,
  type CartEncoder,
  type Channel,
  createSymbols,
  HaggleError,
  isSwitchedOff,
  type Policy,
  type Promotion,
  parseChannel,
  parseMetadata,
  parseRelease,
  type Release,
  type RuleMetadata,
  refuse,
} from "@haggle/abi";
import { sha256Hex } from "./crypto.ts";
import { createLists, type Decision, type DecisionContext, PricedDecision } from "./decision.ts";
import { verifyProfile } from "./profile.ts";
import { RefusedDecision } from "./refused-decision.ts";
import { createSandbox, type MakeLists } from "./sandbox.ts";
import { verifyBundleSignature } from "./signature.ts";
import { readTable } from "./table.ts";
import {
  checkDevelopment,
  isTrustedRoot,
  signersOf,
  type TrustedRoot,
  verifyDocument,
  verifyRoot,
} from "./verify.ts";

export type EngineOptions = {
  /** The bundle's bytes. */
  bundle: Uint8Array;
  /** The signed release that names the bundle. */
  release: Uint8Array | string;
  /** The root that says who may sign: the one thing that is trusted because you give it. */
  root: Uint8Array | string | TrustedRoot;
  /** The signed channel document, for what it switches off. */
  channel?: Uint8Array | string;
  /** Epoch ms. Given, documents that are expired or from the future are refused. */
  now?: number;
  /** True where unit costs, floors and budgets are known: promotions marked `serverOnly` run. */
  server?: boolean;
  /** Accepts the root of one machine's development key. Leave it out wherever shoppers are. */
  development?: boolean;
  /** For hosts that compile nothing while they run: `precompiled` of `@haggle/sdk/edge`. */
  compile?: Compile;
};

/** Gives the module of a bundle that passed every check; `sha256` is its digest, in hex. */
export type Compile = (bundle: Uint8Array, sha256: string) => Promise<WebAssembly.Module>;

export type EvaluateOptions = {
  /**
   * Ids of promotions to look at even if nothing in the cart concerns them: the decision then tells what became of
   * them. One that the channel switches off stays off.
   */
  candidates?: readonly string[];
  /** `createEncoder()` of `@haggle/sdk/cart`: what this cart shares with the one before it is not encoded again. */
  encode?: CartEncoder;
};

export type Engine = {
  /** Prices a cart. Never throws: what cannot be priced comes back as a decision with `ok: false` and an error. */
  evaluate(cart: Cart | unknown, options?: EvaluateOptions): Decision;
  /** Hex SHA-256 of the release document, and of the bundle. */
  readonly release: string;
  readonly bundle: string;
  readonly version: number;
  /** The root is one machine's development root: fit for a laptop, never for a shop. */
  readonly development: boolean;
  /** In the order in which they run. */
  readonly promotions: readonly Promotion[];
  readonly policy: Policy;
  readonly rules: readonly RuleMetadata[];
};

/**
 * Verifies a release and its bundle - root, release signature, the bundle's own signature, its digest and
 * size, the whole sandbox profile, in this order and before anything is compiled - and instantiates it once.
 *
 * @throws HaggleError DOCUMENT_*, SIGNATURE_*, PROFILE_*, PROMOTION_*, ENGINE_*
 *
 * @example
 * const engine = await createEngine({ bundle, release, root });
 * const decision = engine.evaluate(cart);
 * if (decision.ok) show(decision.total);
 * else report(decision.error.code);
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { bundle, now } = options;
  if (!(bundle instanceof Uint8Array)) throw refuse("ENGINE_BUNDLE_MISMATCH", "bundle", bundle);
  const trusted = isTrustedRoot(options.root) ? options.root : await verifyRoot(options.root, { now });
  checkDevelopment(trusted, options.development);
  const [{ document: release, sha256 }, bundleSha256, channel] = await Promise.all([
    verifyDocument(options.release, "release", parseRelease, trusted, now),
    sha256Hex(bundle),
    options.channel === undefined
      ? undefined
      : verifyDocument(options.channel, "channel", parseChannel, trusted, now),
  ]);
  // Before the digest, though either would do: it tells what is wrong with bytes that are not the release's.
  const signers = signersOf(trusted, "release");
  await verifyBundleSignature(bundle, [...signers.keys.values()], signers.threshold);
  checkReference(release, bundle, bundleSha256);
  const metadata = parseMetadata(verifyProfile(bundle).metadata);
  return assembleEngine(
    options,
    trusted,
    release,
    sha256,
    channel?.document.off,
    metadata,
    await (options.compile ?? compile)(bundle, bundleSha256),
  );
}

/**
 * An engine, instantiated, of what was verified: a row of arguments, since names would be bytes of every storefront.
 *
 * @throws HaggleError ENGINE_*, PROMOTION_BAD_BYTES, DOCUMENT_BAD_BASE64
 */
export function assembleEngine(
  { server = false }: Pick<EngineOptions, "server">,
  trusted: TrustedRoot,
  release: Release,
  sha256: string,
  off: Channel["off"] | undefined,
  metadata: BundleMetadata,
  module: WebAssembly.Module,
): Engine {
  // Carts are written as words; wherever the module comes from, it reads them little endian.
  if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) throw refuse("ENGINE_ABI", "host");
  const { promotions, policy } = release;
  const symbols = createSymbols([...metadata.symbols, ...release.table.symbols]);
  const table = readTable(release, symbols);
  const isOff = switchedOff(promotions, sha256, off);
  const sandbox = createSandbox({ module, table, off: isOff, symbols, policy, server });
  const bundle = release.bundles[0]!.sha256;
  const context: DecisionContext = {
    release: sha256,
    bundle,
    promotions,
    policy,
    symbols,
    wantsLists: false,
  };
  const makeLists: MakeLists = (...run) => createLists(context, ...run);
  return {
    evaluate(cart, options) {
      const { wantsLists } = context;
      context.wantsLists = false;
      try {
        const forced = options?.candidates?.map((id) => promotions.findIndex((known) => known.id === id));
        return new PricedDecision(
          context,
          sandbox.run(
            cart as Cart,
            forced ?? NOT_FORCED,
            options?.encode,
            wantsLists ? makeLists : undefined,
          ),
          cart as Cart,
        );
      } catch (error) {
        return new RefusedDecision(asHaggleError(error));
      }
    },
    release: sha256,
    bundle,
    promotions,
    policy,
    version: release.version,
    development: trusted.root.development === true,
    rules: metadata.rules,
  };
}

const NOT_FORCED: readonly number[] = [];

export function checkReference(release: Release, bundle: Uint8Array, sha256: string): void {
  const reference = release.bundles[0];
  if (reference?.sha256 !== sha256 || reference.size !== bundle.length) {
    throw refuse("ENGINE_BUNDLE_MISMATCH", "bundle", sha256);
  }
}

/** One byte per promotion: 1 where the channel switches it or its rule off. */
function switchedOff(
  promotions: readonly Promotion[],
  release: string,
  off: Channel["off"] | undefined,
): Uint8Array {
  if (off?.releases.includes(release)) throw refuse("ENGINE_RELEASE_OFF", "channel.off.releases", release);
  return Uint8Array.from(promotions, (promotion) => (off && isSwitchedOff(off, promotion) ? 1 : 0));
}

/** The verdict is ours and already given; this is where a page's policy may still say no. */
export async function compile(bundle: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bundle as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    // Some browsers have none at all, such as those in a lockdown.
    const isBlocked = globalThis.WebAssembly?.validate(bundle as Uint8Array<ArrayBuffer>) !== false;
    throw refuse(isBlocked ? "ENGINE_WASM_BLOCKED" : "ENGINE_COMPILE", "bundle", undefined, cause);
  }
}

function asHaggleError(error: unknown): HaggleError {
  if (error instanceof HaggleError) return error;
  return refuse("ENGINE_UNKNOWN", "cart", undefined, error);
}
