// What is fuzzed, and what must hold. Each case is made from its own random numbers, so that one can be run alone.

import {
  CODES,
  compileTable,
  createSymbols,
  DECISION_LINE_COUNT,
  type Documents,
  type DocumentType,
  decodeDecision,
  decodeUtf8,
  encodeBase64,
  encodeEnvelope,
  HaggleError,
  MAX_SYMBOLS,
  parsePromotions,
  parseRelease,
  type Release,
  SIGNATURE_SECTION,
} from "@haggle/abi";
import {
  createEngine,
  importPublicKey,
  parseSignedModule,
  type TrustedRoot,
  verifyBundleSignature,
  verifyChannel,
  verifyPrices,
  verifyProfile,
  verifyRelease,
  verifyRoot,
} from "@haggle/sdk";
import { verifyExperiments } from "@haggle/sdk/experiments";
import { verifyReceipt } from "@haggle/sdk/receipts";
import { cosign, type Signer, signDocument, signerFromSeed } from "@haggle/sdk/sign";
import { below, mutateBytes, pick, type Random } from "../support/byte-mutator.ts";
import { generateCart } from "../support/carts.ts";
import { hostileValue, mutateJson } from "../support/json-mutator.ts";
import { createCdnKind } from "./cdn.ts";
import { assigned } from "./experiments.ts";
import type { Fixtures } from "./fixtures.ts";

/** Runs one case; true when what was made was accepted. Throws where something does not hold. */
export type Kind = (random: Random) => Promise<boolean>;

export async function createKinds(fixtures: Fixtures): Promise<Record<string, Kind>> {
  const { bundle, documents } = fixtures;
  const signer = await signerFromSeed(fixtures.seed);
  const stranger = await signerFromSeed(new Uint8Array(32).fill(9));
  const trusted = await verifyRoot(documents.root.bytes);
  const engine = await createEngine({ bundle, release: documents.release.bytes, root: trusted });
  const key = await importPublicKey(signer.publicKey);
  const { bodyAt } = parseSignedModule(bundle);
  const isWhole = (bytes: Uint8Array, from: number, other: Uint8Array, at: number) =>
    Buffer.from(bytes.subarray(from)).equals(Buffer.from(other.subarray(at)));

  return {
    /** Bytes of a bundle, whole. */
    async bundles(random) {
      const mutant = mutateBytes(bundle, random);
      await accepts(async () => verifyProfile(mutant), /^PROFILE_/);
      const isEngine = await accepts(
        () => createEngine({ bundle: mutant, release: documents.release.bytes, root: trusted }),
        /^(PROFILE|SIGNATURE|ENGINE)_/,
      );
      if (isEngine && !isWhole(mutant, 0, bundle, 0)) throw new Error("an engine of a forged bundle");
      return isEngine;
    },

    /** Bytes of the signature section. */
    async signatures(random) {
      const head = mutateBytes(bundle.subarray(0, bodyAt), random);
      const mutant = Uint8Array.from(Buffer.concat([head, bundle.subarray(bodyAt)]));
      const isSigned = await accepts(
        () => verifyBundleSignature(mutant, [key], 1),
        /^(SIGNATURE_|PROFILE_TOO_LARGE$)/,
      );
      if (isSigned && !isWhole(mutant, parseSignedModule(mutant).bodyAt, bundle, bodyAt)) {
        throw new Error(`a forged module behind the section ${SIGNATURE_SECTION}`);
      }
      return isSigned;
    },

    /** Envelopes as bytes and as JSON: accepted only with the payload that was signed. */
    async envelopes(random) {
      const type = pick(TYPES, random);
      const { bytes, payload } = documents[type];
      const mutant =
        random() < 0.5
          ? mutateBytes(bytes, random)
          : toBytes(mutateJson(JSON.parse(decodeUtf8(bytes)), random));
      let read: Uint8Array | undefined;
      const isVerified = await accepts(async () => {
        await VERIFIERS[type](mutant, trusted);
        read = Buffer.from(JSON.parse(decodeUtf8(mutant)).payload, "base64");
      }, /^(DOCUMENT|SIGNATURE|PROMOTION|EXPERIMENT)_/);
      if (isVerified && !isWhole(read!, 0, payload, 0)) throw new Error(`a forged ${type}`);
      return isVerified;
    },

    /** Payloads changed under an old signature, signed by a stranger, or under the name of another type. */
    async forgeries(random) {
      const type = pick(TYPES, random);
      const { payload, bytes } = documents[type];
      const changed = toBytes(mutateJson(JSON.parse(decodeUtf8(payload)), random));
      const other = pick(TYPES, random);
      const { signatures } = JSON.parse(decodeUtf8(bytes)) as {
        signatures: { keyid: string; sig: string }[];
      };
      const old = signatures.map(({ keyid, sig }) => ({ keyid, signature: fromBase64(sig) }));
      const envelope = { type, payload: Uint8Array.from(changed), signatures: old };
      const forged = await pick<() => Promise<Uint8Array>>(
        [
          async () => encodeEnvelope(envelope),
          async () => (await cosign({ ...envelope, signatures: [] }, [stranger])).bytes,
          async () =>
            encodeEnvelope({
              ...envelope,
              signatures: [{ ...old[0]!, signature: Uint8Array.from(await stranger.sign(changed)) }],
            }),
          async () =>
            encodeEnvelope({ type: other, payload: documents[other].payload.slice(), signatures: old }),
        ],
        random,
      )();
      const isVerified = await accepts(
        () => VERIFIERS[type](forged, trusted),
        /^(DOCUMENT|SIGNATURE|PROMOTION|EXPERIMENT)_/,
      );
      const json = JSON.parse(decodeUtf8(forged)) as { payload: string };
      if (isVerified && !isWhole(fromBase64(json.payload), 0, payload, 0))
        throw new Error(`a forged ${type}`);
      return isVerified;
    },

    /** Payloads that the right key signed, whatever is in them: read or refused. */
    async payloads(random) {
      const type = pick(TYPES, random);
      const changed = mutateJson(JSON.parse(decodeUtf8(documents[type].payload)), random);
      const envelope = { type, payload: Uint8Array.from(toBytes(changed)), signatures: [] };
      const { bytes } = await cosign(envelope, [signer]);
      return accepts(() => VERIFIERS[type](bytes, trusted), /^(DOCUMENT|SIGNATURE|PROMOTION|EXPERIMENT)_/);
    },

    /** Releases whose table the right key signed, whatever its bytes: engines that decide or refuse. */
    async releases(random) {
      const bytes = await signTable(parseRelease(documents.release.payload), signer, random);
      return accepts(async () => {
        const made = await createEngine({ bundle, release: bytes, root: trusted });
        for (const seed of [1, 2]) expectDecision(made.evaluate(generateCart(seed)), /^(ENGINE|PROMOTION)_/);
      }, /^(DOCUMENT|PROMOTION|ENGINE)_/);
    },

    /** Promotions of any shape, compiled to a table: refused, or engines that decide. */
    async promotions(random) {
      const release = parseRelease(documents.release.payload);
      const stated = toBytes(mutateJson(release.promotions, random));
      return accepts(async () => {
        const promotions = parsePromotions(JSON.parse(decodeUtf8(stated) || "null"), "promotions");
        const made = compileTable(promotions, release.policy, fixtures.metadata);
        createSymbols([...fixtures.metadata.symbols, ...made.symbols]);
      }, /^(PROMOTION|DOCUMENT|ENGINE)_/);
    },

    /** Records as a module might leave them: refused as a whole, or read to the last one. */
    async decisions(random) {
      const cart = generateCart(below(random, 1000));
      const decision = engine.evaluate(cart);
      if (!decision.ok) throw decision.error;
      const words = new Int32Array(decision.bytes.slice().buffer);
      const counts = {
        lines: words[DECISION_LINE_COUNT >> 2]!,
        shipping: cart.shipping.length,
        promotions: decision.promotions.length,
        symbols: MAX_SYMBOLS,
      };
      for (let changes = 1 + below(random, 3); changes > 0; changes--) {
        const at = below(random, words.length);
        words[at] = pick(
          [0, 1, -1, 2 ** 31 - 1, words[at]! + 1, words[at]! ^ (1 << below(random, 32))],
          random,
        );
      }
      return accepts(async () => decodeDecision(words, counts), /^ENGINE_DECISION_INVALID$/);
    },

    /** Carts of any shape. */
    async carts(random) {
      const cart =
        random() < 0.05 ? hostileValue(random) : mutateJson(generateCart(below(random, 1e6)), random);
      const decision = engine.evaluate(cart);
      expectDecision(decision, /^CART_/);
      if (decision.ok) for (const { id } of decision.lines) decision.unitDiscounts(id);
      if (Object.keys(Object.prototype).length > 0) throw new Error("Object.prototype has grown");
      return decision.ok;
    },

    /** Experiments of any shape, and contexts of any: see ./experiments.ts. */
    experiments: assigned,

    /** A whole CDN, by bytes, by fields and by files of other ages: see ./cdn.ts. */
    cdn: await createCdnKind(),
  };
}

const TYPES: readonly DocumentType[] = ["root", "release", "channel", "prices", "receipt", "experiments"];

const VERIFIERS: Record<keyof Documents, (bytes: Uint8Array, trusted: TrustedRoot) => Promise<unknown>> = {
  root: (bytes) => verifyRoot(bytes),
  release: verifyRelease,
  channel: verifyChannel,
  prices: verifyPrices,
  receipt: (bytes, root) => verifyReceipt(bytes, { root, development: true }),
  experiments: verifyExperiments,
};

/** False for a refusal of a kind that is foreseen; everything else that is thrown is a finding. */
async function accepts(action: () => Promise<unknown>, refusals: RegExp): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof HaggleError && refusals.test(error.code) && CODES.includes(error.code)) return false;
    throw error;
  }
}

/** A price that can be written down, or a refusal of the kind that is foreseen. */
function expectDecision(
  decision: ReturnType<Awaited<ReturnType<typeof createEngine>>["evaluate"]>,
  refusals: RegExp,
) {
  if (decision.ok) JSON.stringify(decision);
  else if (!refusals.test(decision.error.code)) throw decision.error;
}

async function signTable(release: Release, signer: Signer, random: Random): Promise<Uint8Array> {
  const bytes = mutateBytes(fromBase64(release.table.bytes), random);
  const table = { ...release.table, bytes: encodeBase64(bytes) };
  return (await signDocument({ ...release, table }, [signer])).bytes;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

/** What JSON cannot hold becomes what JSON makes of it, as on its way to a server. */
function toBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const replace = (_: string, field: unknown) => (typeof field === "bigint" ? Number(field) : field);
  return new TextEncoder().encode(JSON.stringify(value, replace) ?? "");
}
