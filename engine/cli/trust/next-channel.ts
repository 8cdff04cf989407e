// The channel document after the one that is served: what every verb that writes one has to keep to.

import { type Channel, HaggleError } from "@haggle/abi";
import { importPublicKey, signersOf, type TrustedRoot, verifyChannel } from "@haggle/sdk";
import { type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";
import { explaining } from "./refusals.ts";
import { shortKey } from "./tally-text.ts";

/** @throws HaggleError CLI_BAD_KEY for a key that the root does not let sign channels */
export async function checkChannelKey(signer: Signer, trusted: TrustedRoot): Promise<void> {
  const { keyid } = await importPublicKey(signer.publicKey);
  if (signersOf(trusted, "channel").keys.has(keyid)) return;
  const message = "The root does not let this key sign channels";
  throw new HaggleError("CLI_BAD_KEY", message, { value: shortKey(keyid) });
}

/** Signs a channel document and verifies it as clients will. @throws HaggleError DOCUMENT_*, SIGNATURE_BAD_SIGNER */
export async function signNextChannel(
  document: Channel,
  signer: Signer,
  trusted: TrustedRoot,
): Promise<SignedDocument> {
  const signed = await signDocument(document, [signer]);
  const { bytes } = signed;
  await explaining({ type: "channel", bytes, by: trusted }, () =>
    verifyChannel(bytes, trusted, { now: document.issued, channel: document.channel }),
  );
  return signed;
}
