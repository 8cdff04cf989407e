import { type Experiments, parseExperiments, refuse, roleOf } from "@haggle/abi";
import { type Times, type TrustedRoot, verifyDocument } from "../verify.ts";
import { checkExperiments } from "./check.ts";

/**
 * Verifies the experiments of a channel by the root's channel role, and that they can be assigned. Whether they are newer
 * than others is for the caller to check, by their `version`.
 *
 * @throws HaggleError DOCUMENT_*, EXPERIMENT_*, SIGNATURE_UNSUPPORTED
 */
export async function verifyExperiments(
  input: Uint8Array | string,
  trusted: TrustedRoot,
  { now, channel: expected }: Times & { channel?: string } = {},
): Promise<{ experiments: Experiments; sha256: string }> {
  const { document, sha256 } = await verifyDocument(
    input,
    "experiments",
    parseExperiments,
    trusted,
    now,
    roleOf("experiments"),
  );
  if (expected !== undefined && document.channel !== expected) {
    throw refuse("DOCUMENT_WRONG_CHANNEL", "experiments.channel", document.channel);
  }
  checkExperiments(document.experiments, "experiments.experiments");
  return { experiments: document, sha256 };
}
