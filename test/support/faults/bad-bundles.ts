import { hash } from "node:crypto";
import { DEFAULT_POLICY, MAX_BUNDLE_BYTES } from "@haggle/abi";
import type { SignedDocument } from "@haggle/sdk/sign";
import { signBundle, signRelease } from "@haggle/toolchain";
import { readHostileFiles, type Stage } from "../hostile.ts";
import { METADATA, PROMOTIONS } from "../hostile-decision.ts";
import { RULES_OF_FORM, RULES_OF_TRUST } from "../hostile-sections.ts";
import { type Shop, testSigner } from "../release.ts";
import { signedParts } from "../signature-sections.ts";
import { unsigned } from "../unsigned.ts";
import { stranger } from "./registry-stage.ts";

/** What nobody may take, and a release by its rightful author that names it. */
export type BadBundle = {
  name: string;
  bytes: Uint8Array;
  sha256: string;
  sign(version: number): Promise<SignedDocument>;
};

/**
 * The hostile modules and the wrongly signed ones. Of the hostile ones those that are refused at one of these stages are
 * signed by the author's key, the others, which would be taken for it, by a stranger's.
 */
export async function readBadBundles(shop: Shop, refusedAt: readonly Stage[]): Promise<BadBundle[]> {
  return [...(await readHostile(refusedAt)), ...(await readWronglySigned(shop))];
}

async function readHostile(refusedAt: readonly Stage[]): Promise<BadBundle[]> {
  const author = await testSigner(1);
  const other = await stranger();
  const files = await readHostileFiles();
  const bundles = files.map(async ({ name, stage, bytes }) => {
    const signer = refusedAt.includes(stage) ? author : other;
    // Some cannot even be signed.
    const bundle = bundleOf(await signBundle(bytes, signer).catch(() => bytes));
    const sign = (version: number) =>
      signRelease({
        ...{ signer: author, version, now: Date.now() - 1_000, bundle: bundle.reference },
        ...{ metadata: METADATA, promotions: PROMOTIONS, policy: DEFAULT_POLICY },
      });
    return { name: `hostile ${name}`, ...bundle, sign };
  });
  return Promise.all(bundles);
}

/** The shop's own code, with signatures that are not to be believed. */
async function readWronglySigned(shop: Shop): Promise<BadBundle[]> {
  const parts = await signedParts(unsigned(shop.bundle.bytes), await testSigner(1));
  const cases = Object.values({ ...RULES_OF_FORM, ...RULES_OF_TRUST }).flatMap((rule) =>
    Object.entries(rule),
  );
  const bundles = cases.map(async ([name, [, make]]) => {
    const bundle = bundleOf(Uint8Array.from(await make(parts)));
    const sign = async (version: number) =>
      (await shop.sign({ version, release: { bundles: [bundle.reference] } })).release;
    return { name: `wrongly signed: ${name}`, ...bundle, sign };
  });
  return Promise.all(bundles);
}

function bundleOf(bytes: Uint8Array) {
  const sha256 = hash("sha256", bytes);
  // No author can name one that is larger than any may be.
  return { bytes, sha256, reference: { sha256, size: Math.min(bytes.length, MAX_BUNDLE_BYTES) } };
}
