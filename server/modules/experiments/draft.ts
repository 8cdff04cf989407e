import {
  type BundleMetadata,
  compileTable,
  type Envelope,
  encodeBase64,
  encodeDocument,
  encodeEnvelope,
  type Promotion,
  parseEnvelope,
  parseMetadata,
  parseRelease,
  parseReleaseStrictly,
  type Release,
} from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import { type Resolved, resolveVariant } from "./resolve-variant.ts";

/** A release that nobody has signed. */
export type ReleaseDraft = {
  kind: "release";
  version: number;
  /** The live release, which it follows. */
  previous: string;
  expires: number;
  /** Ids of promotions that are no more, and the new ids of those that took another's place. */
  removed: string[];
  renamed: Record<string, string>;
  /** As it goes into a draft folder: an envelope without signatures. */
  envelope: object;
};

type Source = {
  release: { bytes: Uint8Array; sha256: string };
  bundle: { bytes: Uint8Array };
  /** Promotions that the channel has switched off. */
  off: readonly string[];
};

type Decision = {
  experiment: string;
  winner: string;
  /** The version of the newest release of all; 0 where the registry has none. */
  newest: number;
  now: number;
};

/**
 * The live release with an experiment decided: the same bundle, policy and bounds, and as long a life. undefined when no
 * promotion names the experiment.
 */
export function draftWinner(
  { release: { bytes, sha256 }, bundle, off }: Source,
  { experiment, winner, newest, now }: Decision,
): ReleaseDraft | undefined {
  const live = parseRelease(parseEnvelope(bytes, "release").payload);
  const resolved = resolveVariant(live.promotions, experiment, winner);
  if (resolved === undefined) return undefined;
  const metadata = parseMetadata(verifyProfile(bundle.bytes).metadata);
  const version = Math.max(newest, live.version) + 1;
  const { table, renamed } = compileResolved(resolved, live, metadata, off);
  const expires = now + (live.expires - live.issued);
  const drafted: Release = {
    ...live,
    version,
    previous: sha256,
    issued: now,
    expires,
    promotions: table.promotions,
    table: { bytes: encodeBase64(table.bytes), symbols: table.symbols },
  };
  const payload = encodeDocument(drafted);
  // What could never be published is not handed out.
  parseReleaseStrictly(payload, metadata);
  const envelope: Envelope<"release"> = { type: "release", payload, signatures: [] };
  const kept = new Set(resolved.promotions.map(({ id }) => id));
  return {
    kind: "release",
    version,
    previous: sha256,
    expires,
    removed: live.promotions.map(({ id }) => id).filter((id) => !kept.has(id)),
    renamed,
    envelope: JSON.parse(new TextDecoder().decode(encodeEnvelope(envelope))) as object,
  };
}

/**
 * Variants that take the place of their promotion take its id as well, as far as nothing hangs on ids: promotions of one
 * priority run in the order of theirs, and the channel has a list of those that are off.
 */
function compileResolved(
  { promotions, names }: Resolved,
  { policy }: Release,
  metadata: BundleMetadata,
  off: readonly string[],
) {
  const table = compileTable(promotions, policy, metadata);
  const free = [...names].filter((pair) => !pair.some((id) => off.includes(id)));
  const renamed = Object.fromEntries(free);
  const rename = (promotion: Promotion): Promotion => ({
    ...promotion,
    id: renamed[promotion.id] ?? promotion.id,
  });
  const other = compileTable(promotions.map(rename), policy, metadata);
  const isInOrder = other.promotions.every(({ id }, i) => id === rename(table.promotions[i]!).id);
  return isInOrder ? { table: other, renamed } : { table, renamed: {} };
}
