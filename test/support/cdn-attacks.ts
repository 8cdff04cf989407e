// What a hostile CDN can do to a client that has accepted the first channel document and then looks for the second.

import { encodeUtf8 } from "@haggle/abi";
import {
  type Answer,
  badGzip,
  bomb,
  cut,
  endless,
  half,
  huge,
  instead,
  nothing,
  page,
  promised,
  redirect,
  silent,
  status,
} from "./hostile-cdn.ts";
import { type Tree, treeOf } from "./updates/book.ts";
import {
  channel1,
  channel2,
  channel3,
  channelDocument,
  DAY,
  makeChannel,
  makeRelease,
  makeRoot,
  mallory,
  one,
  online,
  release1,
  release2,
  release3,
  rita,
  signed,
  T0,
  two,
} from "./updates/world.ts";

export type Attack = {
  name: string;
  /** What lies in the tree; the second channel document's when left out. */
  tree?: Tree;
  answers?: Record<string, Answer>;
  code: string;
  alarm: boolean;
  /** Costs the client its whole patience of fifteen seconds. */
  isSlow?: true;
};

const CHANNEL = "channels/stable.json";
const RELEASE = `releases/${release2.sha256}.json`;
const BUNDLE = `bundles/${two.sha256}.wasm`;

export const FIRST_TREE = treeOf(channel1, release1);
export const SECOND_TREE = treeOf(channel2, release2, two);
export const THIRD_TREE = treeOf(channel3, release3);

function at(path: string, answer: Answer): Record<string, Answer> {
  return { [path]: answer };
}

const calm = (name: string, answers: Record<string, Answer>, code: string): Attack => ({
  name,
  answers,
  code,
  alarm: false,
});
const alarming = (name: string, tree: Tree, code: string): Attack => ({ name, tree, code, alarm: true });
const bytesOf = ({ text }: { text: string }) => encodeUtf8(text);

/** What HTTP can do, to each kind of file. */
const OF_HTTP: Attack[] = [
  calm("the channel is cut", at(CHANNEL, cut), "CLIENT_NETWORK"),
  calm("the release is cut", at(RELEASE, cut), "CLIENT_NETWORK"),
  calm("the bundle is cut", at(BUNDLE, cut), "CLIENT_NETWORK"),
  calm("the channel is half, and says it is whole", at(CHANNEL, half), "DOCUMENT_NOT_JSON"),
  calm("the release is half, and says it is whole", at(RELEASE, half), "DOCUMENT_NOT_JSON"),
  {
    ...calm("the bundle is half, and says it is whole", at(BUNDLE, half), "SIGNATURE_MALFORMED"),
    alarm: true,
  },
  calm("a length that is never reached", at(CHANNEL, promised), "CLIENT_NETWORK"),
  calm("a channel without end", at(CHANNEL, endless), "CLIENT_TOO_LARGE"),
  calm("a release without end", at(RELEASE, endless), "CLIENT_TOO_LARGE"),
  calm("a bundle without end", at(BUNDLE, endless), "CLIENT_TOO_LARGE"),
  calm("a channel of a hundred megabytes", at(CHANNEL, huge), "CLIENT_TOO_LARGE"),
  calm("a bundle of a hundred megabytes", at(BUNDLE, huge), "CLIENT_TOO_LARGE"),
  calm("a channel that unpacks to two hundred megabytes", at(CHANNEL, bomb), "CLIENT_TOO_LARGE"),
  calm("a release that unpacks to two hundred megabytes", at(RELEASE, bomb), "CLIENT_TOO_LARGE"),
  calm("a bundle that unpacks to two hundred megabytes", at(BUNDLE, bomb), "CLIENT_TOO_LARGE"),
  calm("a channel that says it is packed and is not", at(CHANNEL, badGzip), "CLIENT_NETWORK"),
  calm("a page instead of the channel", at(CHANNEL, page), "DOCUMENT_NOT_JSON"),
  calm("a page instead of the release", at(RELEASE, page), "DOCUMENT_NOT_JSON"),
  { ...calm("a page instead of the bundle", at(BUNDLE, page), "SIGNATURE_MALFORMED"), alarm: true },
  calm("a page instead of no further root", at("roots/2.json", page), "DOCUMENT_NOT_JSON"),
  calm("an empty channel", at(CHANNEL, nothing), "DOCUMENT_NOT_JSON"),
  calm("status 500", at(CHANNEL, status(500)), "CLIENT_STATUS"),
  calm("status 503 for the bundle", at(BUNDLE, status(503)), "CLIENT_STATUS"),
  calm("status 404", at(CHANNEL, status(404)), "CLIENT_STATUS"),
  calm("status 429 for a root", at("roots/2.json", status(429)), "CLIENT_STATUS"),
  calm("a redirect to itself", at(CHANNEL, redirect(CHANNEL)), "CLIENT_NETWORK"),
  {
    name: "a redirect to the old channel",
    tree: { ...SECOND_TREE, "old.json": await makeChannel(1, release1, { minRelease: 1 }) },
    answers: at(CHANNEL, redirect("old.json")),
    code: "DOCUMENT_EQUIVOCATION",
    alarm: true,
  },
  { ...calm("no answer", at(CHANNEL, silent), "CLIENT_NETWORK"), isSlow: true },
  { ...calm("no answer for the bundle", at(BUNDLE, silent), "CLIENT_NETWORK"), isSlow: true },
];

const foreign = { tenant: "south" };
const southRelease = await makeRelease(2, foreign);
const southChannel = await makeChannel(2, southRelease, foreign, [mallory]);

/** What whoever fills the CDN can do. */
const OF_DOCUMENTS: Attack[] = [
  alarming(
    "mix: the new channel with the old release",
    { ...SECOND_TREE, [RELEASE]: release1 },
    "DOCUMENT_DIGEST_MISMATCH",
  ),
  alarming(
    "mix: the new release with the old bundle",
    { ...SECOND_TREE, [BUNDLE]: one },
    "ENGINE_BUNDLE_MISMATCH",
  ),
  alarming(
    "equivocation: another document of the same version",
    treeOf(await makeChannel(1, release2), release2, two),
    "DOCUMENT_EQUIVOCATION",
  ),
  {
    ...alarming(
      "freeze: an old document, long expired",
      treeOf(await makeChannel(2, release2, { expires: T0 }), release2, two),
      "DOCUMENT_EXPIRED",
    ),
    alarm: false,
  },
  alarming("another tenant's tree", treeOf(southChannel, southRelease), "DOCUMENT_THRESHOLD"),
  alarming(
    "a channel that nobody signed",
    treeOf(await makeChannel(2, release2, {}, []), release2, two),
    "DOCUMENT_UNSIGNED",
  ),
  alarming(
    "the online key signs a release",
    treeOf(await makeChannel(2, await forged()), await forged(), two),
    "DOCUMENT_THRESHOLD",
  ),
  {
    ...alarming(
      "the online key signs a promotion",
      treeOf(
        await signed("channel", { ...channelDocument(2, release2), promotions: [{ id: "mine" }] }, [online]),
        release2,
        two,
      ),
      "DOCUMENT_UNKNOWN_FIELD",
    ),
    alarm: false,
  },
  alarming(
    "a root by its new keys only",
    { ...SECOND_TREE, "roots/2.json": await makeRoot(2, { root: [mallory] }, {}, [mallory]) },
    "DOCUMENT_THRESHOLD",
  ),
  alarming(
    "a root by one of the old keys",
    { ...SECOND_TREE, "roots/2.json": await makeRoot(2, { root: [mallory] }, {}, [mallory, rita]) },
    "DOCUMENT_THRESHOLD",
  ),
  {
    ...alarming(
      "a root that leaves one out",
      { ...SECOND_TREE, "roots/2.json": await makeRoot(3) },
      "DOCUMENT_BAD_FIELD",
    ),
    alarm: false,
  },
  {
    ...alarming(
      "a channel from next year",
      treeOf(
        await makeChannel(2, release2, { issued: T0 + 300 * DAY, expires: T0 + 301 * DAY }),
        release2,
        two,
      ),
      "DOCUMENT_ISSUED_IN_FUTURE",
    ),
    alarm: false,
  },
  {
    name: "a stale cache has the bundle before",
    answers: at(BUNDLE, instead(one.bytes)),
    code: "ENGINE_BUNDLE_MISMATCH",
    alarm: true,
  },
  {
    name: "a stale cache has the release before",
    answers: at(RELEASE, instead(bytesOf(release1))),
    code: "DOCUMENT_DIGEST_MISMATCH",
    alarm: true,
  },
];

export const ATTACKS: readonly Attack[] = [...OF_HTTP, ...OF_DOCUMENTS];

/** What the online key may do alone: a second channel document that stops the release in use, or brings a stopped one. */
export type Brake = { name: string; tree: Tree; release: string };

export const BRAKES: readonly Brake[] = [
  {
    name: "a release that is below the channel's least",
    tree: treeOf(await makeChannel(2, release1, { minRelease: 2 }), release1),
    release: release1.sha256,
  },
  {
    name: "the release in use, switched off",
    tree: treeOf(await makeChannel(2, release1, { off: offReleases(release1.sha256) }), release1),
    release: release1.sha256,
  },
  {
    name: "a new release that comes switched off",
    tree: treeOf(await makeChannel(2, release2, { off: offReleases(release2.sha256) }), release2, two),
    release: release2.sha256,
  },
];

function offReleases(...releases: string[]) {
  return { promotions: [], rules: [], releases };
}

function forged() {
  return makeRelease(2, {}, { bundle: two, signers: [online] });
}
