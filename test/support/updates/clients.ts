import { ALARM, FIRST, SECOND } from "./beginnings.ts";
import {
  accepted,
  type Case,
  type Content,
  counted,
  type Group,
  refusal,
  refused,
  START,
  type Step,
  treeOf,
} from "./book.ts";
import {
  channel1,
  channel2,
  channel3,
  DAY,
  dave,
  edited,
  fresh,
  makeChannel,
  makePrices,
  makeRelease,
  makeRoot,
  mallory,
  one,
  release1,
  release2,
  release3,
  root1,
  T0,
  two,
} from "./world.ts";

// Who the client is: of which tenant, here for the first time, or with a memory.

const north = { tenant: "north" };
const south = { tenant: "south" };
const northRoot = await makeRoot(1, {}, north);
const northRelease = await makeRelease(1, north);
const northChannel = await makeChannel(1, northRelease, north);
const northFirst: Step = { tree: treeOf(northChannel, northRelease), expect: accepted(1, northRelease) };
/** Of the other tenant whose platform has the same online keys, and even the same authors. */
const southRelease = await makeRelease(2, south);
const southChannel = await makeChannel(2, southRelease, south);

function ofNorth(tree: Step["tree"], expect: Step["expect"]): Case {
  return { pinned: northRoot, steps: [northFirst, { tree, expect }] };
}

export const tenants: Group = {
  group: "tenants",
  cases: {
    "a tenant's own documents": ofNorth(
      treeOf(await makeChannel(2, northRelease, north), northRelease),
      accepted(2, northRelease),
    ),
    "another tenant's channel, by the same online key": ofNorth(
      treeOf(southChannel, southRelease),
      refused("DOCUMENT_WRONG_TENANT", "channel.tenant", ALARM),
    ),
    "a channel of no tenant": ofNorth(
      treeOf(channel2, northRelease),
      refused("DOCUMENT_WRONG_TENANT", "channel.tenant", ALARM),
    ),
    "a tenant's channel with another tenant's release": ofNorth(
      treeOf(await makeChannel(2, southRelease, north), southRelease),
      refused("DOCUMENT_WRONG_TENANT", "release.tenant", ALARM),
    ),
    "another tenant's prices": ofNorth(
      {
        ...northFirst.tree,
        "prices/stable.json": await makePrices(1, northRelease, south),
      },
      accepted(1, northRelease, { told: refusal("DOCUMENT_WRONG_TENANT", "prices.tenant", ALARM) }),
    ),
    "another tenant's tree, of other keys": ofNorth(
      treeOf(await makeChannel(2, southRelease, south, [mallory]), southRelease),
      refused("DOCUMENT_THRESHOLD", "channel", ALARM),
    ),
    "another tenant's next root, by the same people": ofNorth(
      { ...northFirst.tree, "roots/2.json": await makeRoot(2, {}, south) },
      refused("DOCUMENT_WRONG_TENANT", "root.tenant", ALARM),
    ),
  },
};

/** A browser that has never been here: it knows the root and `minRelease`, and no version. */
export const firstTime: Group = {
  group: "first time",
  cases: {
    "the newest": { options: { minRelease: 2 }, steps: [SECOND] },
    "an old channel document that has not expired: nothing else could tell": {
      steps: [{ tree: FIRST.tree, expect: accepted(1, release1) }],
    },
    "an old channel document that has expired": {
      steps: [{ tree: FIRST.tree, clock: T0 + 2 * DAY, expect: refused("DOCUMENT_EXPIRED", "expires") }],
    },
    "an old release, below what is built in": {
      options: { minRelease: 2 },
      steps: [{ tree: FIRST.tree, expect: refused("DOCUMENT_ROLLBACK", "release.version", ALARM) }],
    },
    "an old release by a new channel document, below what is built in": {
      options: { minRelease: 2 },
      steps: [
        {
          tree: treeOf(await makeChannel(9, release1), release1),
          expect: refused("DOCUMENT_ROLLBACK", "release.version", ALARM),
        },
      ],
    },
    "the release that is built in as the lowest": {
      options: { minRelease: 1 },
      steps: [FIRST],
    },
    "a clock that is years behind": {
      steps: [
        { tree: FIRST.tree, clock: T0 - 400 * DAY, expect: refused("DOCUMENT_ISSUED_IN_FUTURE", "issued") },
      ],
    },
    "nothing at all": {
      steps: [{ tree: {}, expect: refused("CLIENT_STATUS", "channels/stable.json") }],
    },
  },
};

const root2 = await makeRoot(2);
const root3 = await makeRoot(3);
const state1 = { roots: [root1], channel: channel1, release: release1, bundle: one };
const state2 = { roots: [root1], channel: channel2, release: release2, bundle: two };
const strangers = { root: [dave, mallory, fresh] };
const foreignRoot = await makeRoot(1, strangers, {}, [dave, mallory]);
const DAMAGED = (at?: string) => refusal("CLIENT_STATE_DAMAGED", at);

/** What is stored is put there; the client starts anew, and then looks. */
function stored(
  state: NonNullable<Step["restart"]>["state"],
  expect: NonNullable<Step["restart"]>["expect"],
  step: Pick<Step, "tree" | "expect"> & Partial<Step>,
  pinned?: Content,
): Case {
  return {
    ...(pinned !== undefined && { pinned }),
    steps: [{ clock: START, ...step, restart: { ...(state && { state }), expect } }],
  };
}

export const memory: Group = {
  group: "memory",
  cases: {
    "a good state": stored(state1, { accepted: counted(1, release1) }, SECOND),
    "a good state, and a source that has nothing": stored(
      state1,
      { accepted: counted(1, release1) },
      { tree: {}, expect: refused("CLIENT_STATUS", "channels/stable.json") },
    ),
    "a good state whose channel document has expired": stored(
      state1,
      { accepted: counted(1, release1) },
      { tree: FIRST.tree, clock: T0 + 2 * DAY, expect: refused("DOCUMENT_EXPIRED", "expires") },
    ),
    "a state that is ahead of the source": stored(
      state2,
      { accepted: counted(2, release2) },
      { tree: FIRST.tree, expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM) },
    ),
    "a state with prices": stored(
      { ...state1, prices: await makePrices(4, release1) },
      { accepted: counted(1, release1, { prices: 4 }) },
      {
        tree: { ...FIRST.tree, "prices/stable.json": await makePrices(3, release1) },
        expect: accepted(1, release1, {
          prices: 4,
          told: refusal("DOCUMENT_ROLLBACK", "prices.version", ALARM),
        }),
      },
    ),
    "a state with prices that are out of bounds": stored(
      { ...state1, prices: await makePrices(4, release1, { prices: [{ sku: "shoe-1", unitPrice: 1 }] }) },
      { accepted: counted(1, release1) },
      SECOND,
    ),
    "a state with a changed bundle": stored(
      { ...state1, bundle: one.bytes.with(20_000, 1) },
      { told: DAMAGED() },
      SECOND,
    ),
    "a state with a changed release": stored(
      { ...state1, release: edited(release1, (json) => ({ ...json, signatures: json.signatures.slice(1) })) },
      { told: DAMAGED("release") },
      SECOND,
    ),
    "a state with another release than its channel names": stored(
      { ...state1, release: release2, bundle: two },
      { told: DAMAGED("release") },
      SECOND,
    ),
    "a state with a channel that nobody signed": stored(
      { ...state1, channel: edited(channel1, (json) => ({ ...json, signatures: [] })) },
      { told: DAMAGED("signatures") },
      SECOND,
    ),
    "a state of zeros": stored(
      {
        roots: [new Uint8Array(64)],
        channel: new Uint8Array(64),
        release: new Uint8Array(64),
        bundle: new Uint8Array(64),
      },
      { told: DAMAGED("envelope") },
      SECOND,
    ),
    "a state of somebody else's root": stored(
      { ...state1, roots: [foreignRoot] },
      { told: DAMAGED("root") },
      SECOND,
    ),
    "a state of another channel": stored(
      { ...state1, channel: await makeChannel(1, release1, { channel: "preview" }) },
      { told: DAMAGED("channel.channel") },
      SECOND,
    ),
    "a state whose roots leave one out": stored(
      { ...state1, roots: [root1, root3] },
      { told: DAMAGED("root.version") },
      SECOND,
    ),
    "a state whose last root is a stranger's": stored(
      { ...state1, roots: [root1, await makeRoot(2, strangers, {}, [dave, mallory])] },
      { told: DAMAGED("root") },
      SECOND,
    ),
    "a state with a newer root than the pinned one": stored(
      { ...state1, roots: [root1, root2] },
      { accepted: counted(1, release1, { root: 2 }) },
      { ...SECOND, expect: accepted(2, release2, { root: 2 }) },
    ),
    "a state with an older root than the pinned one": {
      ...stored(
        { ...state2, roots: [root1] },
        { accepted: counted(2, release2, { root: 2 }) },
        { tree: FIRST.tree, expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM) },
        root2,
      ),
      after: counted(2, release2),
    },
    "a state with the same root and more": stored(
      { ...state1, roots: [root1, root2] },
      { accepted: counted(1, release1, { root: 2 }) },
      { tree: treeOf(channel3, release3), expect: accepted(3, release3, { root: 2 }) },
      root2,
    ),
    "a pinned root whose channel key is not the stored document's": stored(
      state1,
      { told: DAMAGED("channel") },
      {
        tree: treeOf(await makeChannel(1, release2, {}, [fresh]), release2, two),
        expect: accepted(1, release2, { root: 2 }),
      },
      await makeRoot(2, { channel: [fresh] }),
    ),
    "a program that goes back to the root before": {
      pinned: root2,
      steps: [
        { ...FIRST, expect: accepted(1, release1, { root: 2 }) },
        {
          ...SECOND,
          restart: { pinned: root1, expect: { accepted: counted(1, release1, { root: 2 }) } },
          expect: accepted(2, release2, { root: 2 }),
        },
      ],
    },
    "a program that goes back further: the source has what is between": {
      pinned: root3,
      steps: [
        { ...FIRST, expect: accepted(1, release1, { root: 3 }) },
        {
          restart: { pinned: root1, expect: { told: DAMAGED("root.version") } },
          tree: { ...SECOND.tree, "roots/2.json": root2, "roots/3.json": root3 },
          expect: accepted(2, release2, { root: 3 }),
        },
      ],
    },
    "a state whose release a built-in minRelease no longer has": {
      options: { minRelease: 2 },
      steps: [
        {
          restart: { state: state1, expect: { told: refusal("DOCUMENT_ROLLBACK", "release.version") } },
          ...SECOND,
        },
      ],
    },
  },
};
