import { accepted, type Case, counted, type Group, refused, START, type Step, treeOf } from "./book.ts";
import {
  carol,
  channel1,
  channel2,
  channel3,
  DAY,
  dave,
  HOUR,
  type Json,
  MINUTE,
  makeChannel,
  makeRelease,
  makeRoot,
  mallory,
  one,
  online,
  release1,
  release2,
  release3,
  root1,
  type Signed,
  T0,
  two,
} from "./world.ts";

const ALARM = { alarm: true };
const first: Step = { tree: treeOf(channel1, release1), expect: accepted(1, release1) };
const second: Step = { tree: treeOf(channel2, release2, two), expect: accepted(2, release2) };
const third: Step = { tree: treeOf(channel3, release3), expect: accepted(3, release3) };

async function anew(fields: Json, expect: Step["expect"], more: Partial<Step> = {}): Promise<Case> {
  const tree = treeOf(await makeChannel(2, release1, fields), release1);
  return { steps: [first, { ...more, tree, expect }] };
}

/** `count` arms in equal shares, of which only the last has a release that is there. */
const halves = (releases: string[]) =>
  releases.map((release, index) => ({ release, range: [index * 5000, (index + 1) * 5000], seed: "halves" }));

const offOf = ({ sha256 }: Signed): Json => ({ off: { promotions: [], rules: [], releases: [sha256] } });
const OFF = offOf(release1);
/** Of other authors than those who signed the first release. */
const strangers = await makeRoot(2, { release: [carol, dave] });
const brief = await makeRelease(1, { expires: T0 + 2 * HOUR });
const withdrawn = counted(2, release1, { withdrawn: true });
const off: Step = {
  tree: treeOf(await makeChannel(2, release1, OFF), release1),
  expect: accepted(2, release1, { withdrawn: true }),
};

const none: Step = {
  tree: treeOf(await makeChannel(2, release1, { ...OFF, arms: [] }), release1),
  expect: accepted(2, release1, { withdrawn: true }),
};
const below: Step = { ...none, tree: treeOf(await makeChannel(2, release1, { minRelease: 2 }), release1) };
const missing: Step = {
  tree: treeOf(await makeChannel(2, release2, OFF), release1),
  expect: refused("CLIENT_STATUS", `releases/${release2.sha256}.json`),
  live: withdrawn,
};

const split = await makeChannel(2, release1, { arms: halves([release1.sha256, release2.sha256]) });
const both = { ...treeOf(split, release1), ...treeOf(split, release2, two) };
const rollback = await makeChannel(3, release1);

export const channel: Group = {
  group: "channel",
  cases: {
    "three versions, one after another": { steps: [first, second, third] },
    "versions that are left out": { steps: [first, third] },
    "the same again": { steps: [first, first] },
    "an older version": {
      steps: [first, second, { ...first, expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM) }],
    },
    "an older version after a restart": {
      steps: [
        first,
        second,
        {
          ...first,
          restart: { expect: { accepted: counted(2, release2) } },
          expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM),
        },
      ],
    },
    "a rollback by a newer version: the authors' older release": {
      steps: [first, second, { tree: treeOf(rollback, release1), expect: accepted(3, release1) }],
    },
    "another document of the same version": {
      steps: [
        first,
        {
          tree: treeOf(await makeChannel(1, release2), release2, two),
          expect: refused("DOCUMENT_EQUIVOCATION", "channel", ALARM),
        },
      ],
    },
    "the same document, signed again by its key and a stranger": {
      steps: [
        first,
        {
          tree: treeOf(await makeChannel(1, release1, {}, [online, mallory]), release1),
          expect: accepted(1, release1),
        },
      ],
    },
    "frozen: the same until it expires": {
      steps: [
        first,
        { ...first, clock: T0 + DAY },
        { ...first, clock: T0 + DAY + MINUTE, expect: refused("DOCUMENT_EXPIRED", "expires") },
      ],
    },
    "frozen, then the newest after all": {
      steps: [
        first,
        { ...first, clock: T0 + 2 * DAY, expect: refused("DOCUMENT_EXPIRED", "expires") },
        {
          clock: T0 + 2 * DAY + MINUTE,
          tree: treeOf(
            await makeChannel(2, release1, { issued: T0 + 2 * DAY, expires: T0 + 3 * DAY }),
            release1,
          ),
          expect: accepted(2, release1),
        },
      ],
    },
    "a document from the future": await anew(
      { issued: START + 30 * MINUTE, expires: START + DAY },
      refused("DOCUMENT_ISSUED_IN_FUTURE", "issued"),
    ),
    "a document of a clock that is five minutes fast": await anew(
      { issued: START + 6 * MINUTE, expires: START + DAY },
      accepted(2, release1),
    ),
    "a document of a clock that is faster than that": await anew(
      { issued: START + 6 * MINUTE + 1, expires: START + DAY },
      refused("DOCUMENT_ISSUED_IN_FUTURE", "issued"),
    ),
    "a clock set back revives nothing": {
      steps: [
        {
          clock: T0 + 10 * DAY,
          tree: treeOf(
            await makeChannel(5, release1, { issued: T0 + 10 * DAY, expires: T0 + 11 * DAY }),
            release1,
          ),
          expect: accepted(5, release1),
        },
        {
          clock: T0 + 2 * HOUR,
          tree: treeOf(await makeChannel(6, release1, { expires: T0 + DAY }), release1),
          expect: refused("DOCUMENT_EXPIRED", "expires"),
        },
      ],
    },
    "a clock set back, after a restart": {
      steps: [
        {
          clock: T0 + 10 * DAY,
          tree: treeOf(
            await makeChannel(5, release1, { issued: T0 + 10 * DAY, expires: T0 + 11 * DAY }),
            release1,
          ),
          expect: accepted(5, release1),
        },
        {
          clock: T0 + 2 * HOUR,
          restart: { expect: { accepted: counted(5, release1) } },
          tree: treeOf(await makeChannel(6, release1, { expires: T0 + DAY }), release1),
          expect: refused("DOCUMENT_EXPIRED", "expires"),
        },
      ],
    },
    "another channel's document": await anew(
      { channel: "preview" },
      refused("DOCUMENT_WRONG_CHANNEL", "channel.channel", ALARM),
    ),
    "no arm at all": await anew({ arms: [] }, refused("DOCUMENT_NO_ARM", "channel.arms")),
    "no arm for this bucket": {
      options: { bucket: 9999 },
      steps: [
        first,
        {
          tree: treeOf(
            await makeChannel(2, release1, {
              arms: [{ release: release1.sha256, range: [0, 9999], seed: "r" }],
            }),
            release1,
          ),
          expect: refused("DOCUMENT_NO_ARM", "channel.arms"),
        },
      ],
    },
    "the arm of bucket 4999": await arm({ bucket: 4999 }, accepted(2, release1)),
    "the arm of bucket 5000": await arm({ bucket: 5000 }, accepted(2, release2)),
    "the arm of a shopper in bucket 4999": await arm({ unit: "customer-10702" }, accepted(2, release1)),
    "the arm of a shopper in bucket 5000": await arm({ unit: "customer-3382" }, accepted(2, release2)),
    "the arm of a shopper whose name is not ASCII": await arm({ unit: "josé" }, accepted(2, release2)),
    "a shopper counts before a bucket": await arm(
      { unit: "customer-3382", bucket: 0 },
      accepted(2, release2),
    ),
    "a shopper who signs in over a restart": {
      options: { unit: "customer-3382" },
      steps: [
        first,
        {
          tree: both,
          restart: {
            // As somebody else has left it, whose arm it is.
            state: { roots: [root1], channel: split, release: release1, bundle: one },
            expect: {},
          },
          expect: accepted(2, release2),
        },
      ],
    },
    "arms under two seeds": await anew(
      {
        arms: halves([release1.sha256, release2.sha256]).map((arm, i) => ({ ...arm, seed: `seed ${i}` })),
      },
      refused("DOCUMENT_MIXED_SEEDS", "channel.arms[1].seed"),
    ),
    "the arm's release is switched off": await anew(OFF, accepted(2, release1, { withdrawn: true })),
    "the release in use is switched off, and there is no arm": await anew(
      { ...OFF, arms: [] },
      accepted(2, release1, { withdrawn: true }),
    ),
    "a release that is switched off at the first visit": {
      steps: [{ tree: off.tree, expect: accepted(2, release1, { withdrawn: true }) }],
    },
    "switched off, and on again": { steps: [first, off, third] },
    "switched off over a restart": {
      steps: [first, off, { ...off, restart: { expect: { accepted: withdrawn } } }],
    },
    "an old document revives nothing that is switched off": {
      steps: [
        first,
        off,
        { ...first, expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM) },
        {
          ...first,
          restart: { expect: { accepted: withdrawn } },
          expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM),
        },
      ],
    },
    "switched off with no arm, over a restart": {
      steps: [first, none, { ...none, restart: { expect: { accepted: withdrawn } } }],
    },
    "below minRelease, over a restart": {
      steps: [first, below, { ...below, restart: { expect: { accepted: withdrawn } } }],
    },
    "switched off, over a restart without the other release": {
      steps: [
        first,
        missing,
        { ...missing, restart: { expect: { accepted: withdrawn } } },
        { tree: treeOf(await makeChannel(3, release2), release2, two), expect: accepted(3, release2) },
      ],
    },
    "switched off by a root that no longer has its authors": {
      steps: [
        first,
        {
          tree: treeOf(await makeChannel(2, release1, { ...OFF, arms: [] }), release1, undefined, {
            "roots/2.json": strangers,
          }),
          expect: accepted(2, release1, { root: 2, withdrawn: true }),
        },
      ],
    },
    "switched off when its release has expired": {
      steps: [
        { ...first, tree: treeOf(await makeChannel(1, brief), brief), expect: accepted(1, brief) },
        {
          clock: T0 + 3 * HOUR,
          tree: treeOf(
            await makeChannel(2, brief, {
              ...offOf(brief),
              arms: [],
              issued: T0 + 2 * HOUR,
              expires: T0 + 4 * HOUR,
            }),
            brief,
          ),
          expect: accepted(2, brief, { withdrawn: true }),
        },
      ],
    },
    "switched off, and the other release cannot be had": {
      steps: [first, missing],
      after: withdrawn,
    },
    "another arm's release is switched off": await anew(
      { off: { promotions: [], rules: [], releases: [release2.sha256] } },
      accepted(2, release1),
    ),
    "a promotion is switched off": await anew(
      { off: { promotions: ["shoes"], rules: [], releases: [] } },
      accepted(2, release1),
    ),
    "a release below minRelease": await anew({ minRelease: 2 }, accepted(2, release1, { withdrawn: true })),
    "a release below minRelease at the first visit": {
      steps: [
        {
          tree: treeOf(await makeChannel(2, release1, { minRelease: 2 }), release1),
          expect: refused("DOCUMENT_ROLLBACK", "release.version", ALARM),
        },
      ],
    },
    "a release that minRelease still has": await anew({ minRelease: 1 }, accepted(2, release1)),
    "no channel document": {
      steps: [
        first,
        {
          tree: { ...first.tree, "channels/stable.json": undefined },
          expect: refused("CLIENT_STATUS", "channels/stable.json"),
        },
      ],
    },
  },
};

async function arm(options: Case["options"], expect: Step["expect"]): Promise<Case> {
  return { options, steps: [first, { tree: both, expect }] };
}
