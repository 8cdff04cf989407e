import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type Channel,
  compileTable,
  DEFAULT_POLICY,
  encodeBase64,
  type Promotion,
  type Release,
} from "@haggle/abi";
import {
  encodeSecretKey,
  type SignedDocument,
  type Signer,
  signDocument,
  signerFromSeed,
} from "@haggle/sdk/sign";
import { type Build, build, createCompiler, signRoot } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { keepBuild } from "./keep-build.ts";
import { removeFolder } from "./remove-folder.ts";

// A real, signed release folder, as `haggle dev` writes it: compiled once, signed again for every variation.

/** Two rules: 50 off from 300 on, and ten percent off shoes. */
const RULES = {
  "rules/full.rule.ts": `@promo(name="满300减50", priority=10)
export function apply(ctx: Context): Result {
  if (ctx.cart.total >= 300_00) return Result.order(50_00, "FULL_300_OFF_50");
  return Result.none();
}
`,
  "rules/shoes.rule.ts": `@promo({ name: "shoes-ten-percent", priority: 5 })
export function shoes(ctx: Context): Result {
  return Result.linesPercent(ctx.cart.inCategory("shoes"), Percent.of(10), "SHOES_10_PERCENT");
}
`,
};

const FULL = "满300减50";
export const SHOES = "shoes-ten-percent";

const HOUR_MS = 60 * 60 * 1000;

export type Shop = Awaited<ReturnType<typeof createShop>>;

type Variation = {
  version?: number;
  /** By rule name; both when left out. */
  rules?: readonly string[];
  /** Signs the release instead of the shop's own key. */
  releaseSigner?: Signer;
  channelSigner?: Signer;
  /** Fields of the documents to set otherwise. */
  release?: Partial<Release>;
  channel?: Partial<Channel>;
  /** Instead of the shop's own. */
  root?: SignedDocument;
  /** Instead of the built bundle, under the digest of the built one. */
  bundle?: Uint8Array;
  /** Instead of the shop's own rules. */
  build?: Built;
};

type Built = Build & { ok: true };

const builds = new Map<string, Promise<Built>>();

/** One build of the same files for all tests: compiling takes seconds, signing microseconds. */
export function buildRules(files: Readonly<Record<string, string>> = {}): Promise<Built> {
  const name = JSON.stringify(files);
  const known = builds.get(name);
  if (known !== undefined) return known;
  const sources = { ...RULES, ...files };
  const built = keepBuild("shop", sources, async () => {
    const compiler = createCompiler({ runtime: await readRuntimeSources() });
    const made = await build(
      { files: sources },
      { compiler, signer: await testSigner(1), version: 1, now: Date.now() },
    );
    if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
    return made;
  });
  builds.set(name, built);
  return built;
}

export function testSigner(number: number): Promise<Signer> {
  return signerFromSeed(new Uint8Array(32).fill(number));
}

type ShopOptions = {
  development?: boolean;
  /** Sources of more rules, by their path in the project. */
  files?: Readonly<Record<string, string>>;
};

/** A data folder of its own with an empty release folder in it; `remove` it afterwards. */
export async function createShop({ development = false, files }: ShopOptions = {}) {
  const own = await buildRules(files);
  const { bundle, digest } = own;
  const signer = await testSigner(1);
  const dataFolder = await mkdtemp(join(tmpdir(), "haggle-shop-"));
  const folder = join(dataFolder, "releases");
  // One time for all documents of a shop: the same variation gives the same bytes.
  const now = Date.now() - HOUR_MS;
  const root = await signRoot({ signer, now, development });

  /** Atomically, as a publisher does it. */
  async function write(path: string, bytes: Uint8Array | string): Promise<void> {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.tmp`, bytes);
    await rename(`${target}.tmp`, target);
  }

  /** The documents of a variation, which nobody has yet. */
  async function sign(
    variation: Variation = {},
  ): Promise<{ release: SignedDocument; channel: SignedDocument }> {
    const { version = 1, rules = [FULL, SHOES], build: made = own } = variation;
    const { policy = DEFAULT_POLICY, promotions: given = rules.map(toPromotion) } = variation.release ?? {};
    const { bytes, symbols, promotions } = compileTable(given, policy, made.metadata);
    const release = await signDocument(
      {
        type: "release",
        version,
        issued: now,
        expires: now + 48 * HOUR_MS,
        bundles: [{ sha256: made.digest, size: made.bundle.length }],
        table: { bytes: encodeBase64(bytes), symbols },
        ...variation.release,
        promotions,
        policy,
      },
      [variation.releaseSigner ?? signer],
    );
    const channel = await signDocument(
      {
        type: "channel",
        channel: "stable",
        version,
        issued: now,
        expires: now + 24 * HOUR_MS,
        arms: [{ release: release.sha256, range: [0, 10_000], seed: "stable" }],
        off: { promotions: [], rules: [], releases: [] },
        minRelease: 0,
        ...variation.channel,
      },
      [variation.channelSigner ?? signer],
    );
    return { release, channel };
  }

  async function publish(
    variation: Variation = {},
  ): Promise<{ release: SignedDocument; channel: SignedDocument }> {
    const { release, channel } = await sign(variation);
    const made = variation.build ?? own;
    await write(`bundles/${made.digest}.wasm`, variation.bundle ?? made.bundle);
    await write(`releases/${release.sha256}.json`, release.bytes);
    await write("root.json", (variation.root ?? root).bytes);
    await write("channels/stable.json", channel.bytes);
    return { release, channel };
  }

  /** Gives a server over the data folder the secret key of `testSigner(number)`, in one step. */
  async function giveKey(role: "channel" | "prices" | "receipt" | "audit", number = 1): Promise<void> {
    const seed = new Uint8Array(32).fill(number);
    const { publicKey } = await signerFromSeed(seed);
    const target = join(dataFolder, "keys", `${role}.sk`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.tmp`, encodeSecretKey({ seed, publicKey }));
    await rename(`${target}.tmp`, target);
  }

  return {
    dataFolder,
    folder,
    root,
    bundle: { bytes: bundle, sha256: digest },
    sign,
    publish,
    write,
    giveKey,
    drop: (path: string) => rm(join(folder, path)),
    remove: () => removeFolder(dataFolder),
  };
}

function toPromotion(rule: string): Promotion {
  return { id: rule, rule, priority: rule === FULL ? 10 : 5 };
}

/** A cart of one line of shoes and, for the rest, what the cart needs. */
export function makeCart(overrides: object = {}): object {
  return {
    id: "cart-1",
    currency: "CNY",
    now: 1_790_000_000_000,
    lines: [makeLine()],
    shipping: [],
    coupons: [],
    ...overrides,
  };
}

export function makeLine(overrides: object = {}): object {
  return {
    id: "line-1",
    sku: "trail-runner",
    productId: "trail-runner",
    categories: ["shoes"],
    quantity: 2,
    unitPrice: 20_000,
    ...overrides,
  };
}
