import { type Channel, refuse } from "@haggle/abi";

/**
 * The digest of the release that a channel gives to a bucket, 0 to 9999.
 *
 * @throws HaggleError DOCUMENT_NO_ARM when no arm has the bucket, or the arm's release is switched off
 */
export function findArm(channel: Channel, bucket: number): string {
  const arm = channel.arms.find(({ range: [from, to] }) => from <= bucket && bucket < to);
  if (arm === undefined || channel.off.releases.includes(arm.release)) {
    throw refuse("DOCUMENT_NO_ARM", "channel.arms", bucket);
  }
  return arm.release;
}
