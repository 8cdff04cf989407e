import { ALARM, after, mixed } from "./beginnings.ts";
import { accepted, type Group, refused, treeOf } from "./book.ts";
import { hostileBundles } from "./hostile-bundles.ts";
import {
  alice,
  bob,
  bundleOf,
  channel2,
  DAY,
  HOUR,
  makeBundle,
  makeChannel,
  makeRelease,
  one,
  release1,
  release2,
  release3,
  T0,
  two,
} from "./world.ts";

const MAX_BUNDLE_BYTES = 256 * 1024;
const expired = await makeRelease(2, { expires: T0 - HOUR });
const longer = await makeRelease(2, { bundles: [{ sha256: one.sha256, size: one.bytes.length + 1 }] });
const future = await makeRelease(2, { issued: T0 + DAY });
const named = async (release: typeof release1) => treeOf(await makeChannel(2, release), release);

export const release: Group = {
  group: "release",
  cases: {
    "a release with a previous one": after(
      await named(await makeRelease(2, { previous: release1.sha256 })),
      accepted(2, await makeRelease(2, { previous: release1.sha256 })),
    ),
    "another release under the digest that the channel names": after(
      mixed({ release: release3, under: release2 }),
      refused("DOCUMENT_DIGEST_MISMATCH", "release", ALARM),
    ),
    "the release before under the digest of the new one": after(
      mixed({ release: release1, under: release2 }),
      refused("DOCUMENT_DIGEST_MISMATCH", "release", ALARM),
    ),
    "no release": after(
      { ...treeOf(channel2, release2, two), [`releases/${release2.sha256}.json`]: undefined },
      refused("CLIENT_STATUS", `releases/${release2.sha256}.json`),
    ),
    "an expired release": after(await named(expired), refused("DOCUMENT_EXPIRED", "expires")),
    "a release from the future": after(await named(future), refused("DOCUMENT_ISSUED_IN_FUTURE", "issued")),
    "a release that expires while it is in use": {
      steps: [
        {
          clock: T0 + 59 * DAY,
          tree: treeOf(
            await makeChannel(1, release1, { issued: T0 + 59 * DAY, expires: T0 + 70 * DAY }),
            release1,
          ),
          expect: accepted(1, release1),
        },
        {
          clock: T0 + 60 * DAY,
          tree: treeOf(
            await makeChannel(1, release1, { issued: T0 + 59 * DAY, expires: T0 + 70 * DAY }),
            release1,
          ),
          expect: refused("DOCUMENT_EXPIRED", "expires"),
        },
      ],
    },
    "an unknown field": after(
      await named(await makeRelease(2, { mandate: "all" })),
      refused("DOCUMENT_UNKNOWN_FIELD", "release"),
    ),
    "two bundles": after(
      await named(
        await makeRelease(2, {
          bundles: [one, two].map(({ sha256, bytes }) => ({ sha256, size: bytes.length })),
        }),
      ),
      refused("DOCUMENT_BAD_FIELD", "release.bundles"),
    ),
    "a table that is no table": after(
      await named(await makeRelease(2, { table: { bytes: "AAAA", symbols: [] } })),
      refused("PROMOTION_BAD_BYTES", "0"),
    ),
    "a policy without a name": after(
      await named(await makeRelease(2, { policy: {} })),
      refused("DOCUMENT_BAD_FIELD", "release.policy.name"),
    ),
  },
};

const reordered = await makeBundle("one.wasm", [bob, alice]);

/** A release that its authors signed, of a bundle that is as the name says. */
const hostile = Object.fromEntries(
  await Promise.all(
    Object.entries(await hostileBundles()).map(async ([name, { bundle, code, at, alarm }]) => {
      const release = await makeRelease(2, {}, { bundle });
      const tree = treeOf(await makeChannel(2, release), release, bundle);
      return [name, after(tree, refused(code, at, { alarm: alarm ?? true }))] as const;
    }),
  ),
);

export const bundle: Group = {
  group: "bundle",
  cases: {
    "the bundle of another release": after(
      mixed({ bundle: one, under: two }),
      refused("ENGINE_BUNDLE_MISMATCH", "bundle", ALARM),
    ),
    "the same module, signed in another order": after(
      mixed({ bundle: await makeBundle("two.wasm", [bob, alice]), under: two }),
      refused("ENGINE_BUNDLE_MISMATCH", "bundle", ALARM),
    ),
    "the same module, signed in another order, and so released": after(
      treeOf(
        await makeChannel(2, await makeRelease(2, {}, { bundle: reordered })),
        await makeRelease(2, {}, { bundle: reordered }),
        reordered,
      ),
      accepted(2, await makeRelease(2, {}, { bundle: reordered })),
    ),
    "the same module, signed by fewer": after(
      mixed({ bundle: await makeBundle("two.wasm", [alice]), under: two }),
      refused("SIGNATURE_THRESHOLD", undefined, ALARM),
    ),
    "another size than the release says": after(
      await named(longer),
      refused("ENGINE_BUNDLE_MISMATCH", "bundle", ALARM),
    ),
    "a byte of the code changed": after(
      mixed({ bundle: await bundleOf(two.bytes.with(-900 + two.bytes.length, 1)), under: two }),
      refused("SIGNATURE_HASH_MISMATCH", undefined, ALARM),
    ),
    "no bytes": after(
      mixed({ bundle: await bundleOf(new Uint8Array()), under: two }),
      refused("SIGNATURE_MALFORMED", "0", ALARM),
    ),
    "a page instead of a bundle": after(
      mixed({ bundle: await bundleOf(new TextEncoder().encode("<!doctype html>")), under: two }),
      refused("SIGNATURE_MALFORMED", "0", ALARM),
    ),
    "more bytes than a bundle may have": after(
      mixed({
        bundle: await bundleOf(new TextEncoder().encode("!".padEnd(MAX_BUNDLE_BYTES + 1))),
        under: two,
      }),
      refused("PROFILE_TOO_LARGE", "0", ALARM),
    ),
    "no bundle": after(
      { ...treeOf(channel2, release2, two), [`bundles/${two.sha256}.wasm`]: undefined },
      refused("CLIENT_STATUS", `bundles/${two.sha256}.wasm`),
    ),
    ...hostile,
  },
};
