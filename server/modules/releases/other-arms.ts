import { hash } from "node:crypto";
import { parseChannel, parseEnvelope, refuse } from "@haggle/abi";
import { createEngine, verifyRelease, verifyRoot } from "@haggle/sdk";
import type { ReleaseSource, TrustState } from "@haggle/sdk/trust";
import { checkTable } from "./check-table.ts";

/** What prices the carts of one arm. */
export type ArmFiles = Pick<TrustState, "release" | "bundle">;

type Options = {
  source: ReleaseSource;
  isStored: (release: string) => Promise<boolean>;
  production: boolean;
};

/**
 * Of a channel document that an updater is about to accept, the releases and bundles that nobody has stored yet. The
 * updater has looked at bucket 0's alone; these are verified here, as an author's are who brings them by HTTP.
 *
 * @throws HaggleError SERVER_FILE_MISSING, DOCUMENT_*, PROFILE_*, ENGINE_*
 */
export async function readOtherArms(state: TrustState, options: Options): Promise<ArmFiles[]> {
  const { source, isStored, production } = options;
  const root = await verifyRoot(state.roots.at(-1)!);
  const { arms, off } = parseChannel(parseEnvelope(state.channel, "channel").payload);
  const own = hash("sha256", parseEnvelope(state.release, "release").payload);
  const found: ArmFiles[] = [];
  for (const sha256 of new Set(arms.map((arm) => arm.release))) {
    // What is switched off prices nobody, whatever is wrong with it.
    if (sha256 === own || off.releases.includes(sha256) || (await isStored(sha256))) continue;
    const release = await source({ kind: "release", sha256 });
    if (release === undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "channel.arms", sha256);
    const reference = (await verifyRelease(release, root, { sha256 })).release.bundles[0]!;
    const bundle = await source({ kind: "bundle", sha256: reference.sha256 });
    if (bundle === undefined) throw refuse("SERVER_UNKNOWN_BUNDLE", "channel.arms", reference.sha256);
    await createEngine({ bundle, release, root, server: true, development: !production });
    checkTable({ releaseBytes: release, bundle });
    found.push({ release, bundle });
  }
  return found;
}
