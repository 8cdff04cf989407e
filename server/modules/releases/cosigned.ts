import { type Envelope, encodeEnvelope, parseEnvelope } from "@haggle/abi";

/**
 * A release is known by its payload, and may get further signatures later: those of both, or undefined when `next` has
 * none that `known` lacks.
 */
export function joinSignatures(
  known: Uint8Array,
  next: Envelope<"release">,
): Uint8Array<ArrayBuffer> | undefined {
  const envelope = parseEnvelope(known, "release");
  const more = next.signatures.filter(
    ({ keyid, signature }) =>
      !envelope.signatures.some(
        (one) => one.keyid === keyid && Buffer.compare(one.signature, signature) === 0,
      ),
  );
  if (more.length === 0) return undefined;
  return encodeEnvelope({ ...envelope, signatures: [...envelope.signatures, ...more] });
}
