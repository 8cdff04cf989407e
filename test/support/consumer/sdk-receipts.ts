import { sha256Hex } from "@haggle/sdk";
import { type Receipt, verifyReceipt } from "@haggle/sdk/receipts";
import { signDocument, signerFromSeed } from "@haggle/sdk/sign";

export async function use(): Promise<unknown> {
  const signer = await signerFromSeed(new Uint8Array(32).fill(7));
  const id = await sha256Hex(signer.publicKey);
  const role = { keyids: [id], threshold: 1 };
  const times = { issued: Date.now() - 1_000, expires: Date.now() + 60_000 };
  const publicKey = btoa(String.fromCharCode(...signer.publicKey));
  const root = await signDocument(
    {
      ...{ type: "root", version: 1, ...times },
      keys: { [id]: { algorithm: "ed25519", public: publicKey } },
      roles: { root: role, release: role, channel: role, prices: role, receipt: role },
    },
    [signer],
  );
  const digests = { cart: "0".repeat(64), decision: "1".repeat(64), release: "2".repeat(64) };
  const said: Receipt = {
    type: "receipt",
    tenant: "demo",
    quote: "quote_1",
    currency: "EUR",
    ...digests,
    ...times,
  };
  const { bytes } = await signDocument(said, [signer]);
  // @ts-expect-error a receipt is nobody's without a root
  await verifyReceipt(bytes, {}).catch(() => undefined);
  const { receipt } = await verifyReceipt(bytes, { root: root.bytes });
  const quote = { id: "quote_2" };
  const refused = await verifyReceipt(bytes, { root: root.bytes, quote }).catch(
    ({ code }: { code: string }) => code,
  );
  return [receipt.quote, refused];
}

export const gives: unknown = ["quote_1", "RECEIPT_OTHER_QUOTE"];
