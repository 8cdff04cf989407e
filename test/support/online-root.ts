import { encodeBase64, type Root } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";
import { testSigner } from "./release.ts";

type Roles = Partial<Record<"channel" | "prices" | "receipt" | "audit", readonly Signer[]>>;

type Variation = {
  version?: number;
  roles?: Roles;
  /** Of the channel role. */
  threshold?: number;
  development?: true;
  /** Of the root; the test shop's own when left out. */
  signers?: readonly Signer[];
};

const HOUR_MS = 60 * 60 * 1000;

/** A root of the test shop, whose own key is its author's, with other keys for what is signed online. */
export async function signOnlineRoot(variation: Variation = {}): Promise<SignedDocument> {
  const { version = 1, roles = {}, threshold = 1, development, signers } = variation;
  const author = await testSigner(1);
  const keys: Root["keys"] = {};
  const keyidsOf = async (all: readonly Signer[]): Promise<string[]> => {
    const ids = await Promise.all(all.map(({ publicKey }) => sha256Hex(publicKey)));
    ids.forEach((keyid, index) => {
      keys[keyid] = { algorithm: "ed25519", public: encodeBase64(all[index]!.publicKey) };
    });
    return ids;
  };
  const roleOf = async (holders: readonly Signer[] = [author]) => ({
    keyids: await keyidsOf(holders),
    threshold: 1,
  });
  const issued = Date.now() - HOUR_MS;
  const root: Root = {
    type: "root",
    version,
    issued,
    expires: issued + 1_000 * HOUR_MS,
    ...(development && { development }),
    keys,
    roles: {
      root: await roleOf(),
      release: await roleOf(),
      channel: { ...(await roleOf(roles.channel)), threshold },
      prices: await roleOf(roles.prices),
      receipt: await roleOf(roles.receipt),
      ...(roles.audit && { audit: await roleOf(roles.audit) }),
    },
  };
  return signDocument(root, signers ?? [author]);
}
