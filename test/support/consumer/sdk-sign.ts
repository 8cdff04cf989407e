import { encodePublicKey, parsePublicKey, type Signer, signerFromSeed } from "@haggle/sdk/sign";

export async function use(): Promise<unknown> {
  const signer: Signer = await signerFromSeed(new Uint8Array(32).fill(7));
  const signature = await signer.sign(new Uint8Array(3));
  return [parsePublicKey(encodePublicKey(signer.publicKey)).length, signature.length];
}

export const gives: unknown = [32, 64];
