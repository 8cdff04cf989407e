import { accepted, type Content, type Group, refused, type Step, treeOf } from "./book.ts";
import {
  alice,
  channel1,
  channel2,
  channel3,
  DAY,
  dave,
  fresh,
  HOUR,
  makeBundle,
  makeChannel,
  makeRelease,
  makeRoot,
  mallory,
  release1,
  release2,
  release3,
  rita,
  rob,
  root1,
  ruth,
  T0,
  two,
} from "./world.ts";

const good: Step = { tree: treeOf(channel1, release1), expect: accepted(1, release1) };
const ALARM = { alarm: true };

/** The next channel document, with these roots behind the pinned one. */
function next(
  roots: Record<number, Content>,
  expect: Step["expect"],
  tree = treeOf(channel2, release2, two),
): Step {
  const files = Object.entries(roots).map(([version, root]) => [`roots/${version}.json`, root]);
  return { tree: { ...tree, ...Object.fromEntries(files) }, expect };
}

const newPeople = { root: [dave, mallory, fresh] };
/** Everybody of the root role is somebody else now. */
const handedOver = await makeRoot(2, newPeople, {}, [rita, rob, dave, mallory]);
const root2 = await makeRoot(2);
const root3 = await makeRoot(3);
const expired = { expires: T0 - HOUR };
const byDave = { release: [alice, dave] };
const bundleByDave = await makeBundle("one.wasm", [alice, dave]);
const releaseByDave = await makeRelease(2, {}, { bundle: bundleByDave, signers: [alice, dave] });
const channelOfDave = await makeChannel(2, releaseByDave);

export const roots: Group = {
  group: "roots",
  cases: {
    "one new root": { steps: [good, next({ 2: root2 }, accepted(2, release2, { root: 2 }))] },
    "two new roots at once": {
      steps: [good, next({ 2: root2, 3: root3 }, accepted(2, release2, { root: 3 }))],
    },
    "a new root and nothing else": {
      steps: [good, next({ 2: root2 }, accepted(1, release1, { root: 2 }), good.tree)],
    },
    "all root keys handed over, signed by old and new": {
      steps: [good, next({ 2: handedOver }, accepted(2, release2, { root: 2 }))],
    },
    "handed over, and again by the new ones": {
      steps: [
        good,
        next(
          { 2: handedOver, 3: await makeRoot(3, newPeople, {}, [fresh, dave]) },
          accepted(2, release2, { root: 3 }),
        ),
      ],
    },
    "handed over, and then signed by those who were": {
      steps: [
        good,
        next({ 2: handedOver }, accepted(2, release2, { root: 2 })),
        next(
          { 2: handedOver, 3: root3 },
          refused("DOCUMENT_THRESHOLD", "root", ALARM),
          treeOf(channel3, release3),
        ),
      ],
    },
    "signed by the old ones only": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, newPeople, {}, [rita, rob]) },
          refused("DOCUMENT_THRESHOLD", "root", ALARM),
        ),
      ],
    },
    "signed by the new ones only": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, newPeople, {}, [dave, fresh]) },
          refused("DOCUMENT_THRESHOLD", "root", ALARM),
        ),
      ],
    },
    "signed by one old key and by the new ones": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, newPeople, {}, [rita, dave, fresh]) },
          refused("DOCUMENT_THRESHOLD", "root", ALARM),
        ),
      ],
    },
    "a version that was skipped": {
      steps: [good, next({ 2: root3 }, refused("DOCUMENT_BAD_FIELD", "root.version"))],
    },
    "an old root in the next one's place": {
      steps: [
        { ...next({ 2: root2 }, accepted(1, release1, { root: 2 }), good.tree) },
        next({ 3: root1 }, refused("DOCUMENT_ROLLBACK", "root.version", ALARM)),
      ],
    },
    "another root of the same version": {
      steps: [
        good,
        next(
          { 2: await makeRoot(1, {}, { expires: T0 + 9 * DAY }) },
          refused("DOCUMENT_EQUIVOCATION", "root", ALARM),
        ),
      ],
    },
    "a root of the middle that has expired": {
      steps: [
        good,
        next({ 2: await makeRoot(2, {}, expired), 3: root3 }, accepted(2, release2, { root: 3 })),
      ],
    },
    "a last root that has expired": {
      steps: [good, next({ 2: await makeRoot(2, {}, expired) }, refused("DOCUMENT_EXPIRED", "expires"))],
    },
    "a pinned root that has expired, and its successor": {
      pinned: await makeRoot(1, {}, expired),
      steps: [next({ 2: root2 }, accepted(2, release2, { root: 2 }))],
    },
    "a pinned root that has expired": {
      pinned: await makeRoot(1, {}, expired),
      steps: [next({}, refused("DOCUMENT_EXPIRED", "expires"))],
    },
    "a root from the future": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, {}, { issued: T0 + DAY }) },
          refused("DOCUMENT_ISSUED_IN_FUTURE", "issued"),
        ),
      ],
    },
    "a threshold raised to three, by three": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, { rootThreshold: 3 }, {}, [rita, rob, ruth]) },
          accepted(2, release2, { root: 2 }),
        ),
      ],
    },
    "a threshold raised to three, by two": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, { rootThreshold: 3 }, {}, [rita, rob]) },
          refused("DOCUMENT_THRESHOLD", "root", ALARM),
        ),
      ],
    },
    "a threshold lowered to one, by one": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, { rootThreshold: 1 }, {}, [rita]) },
          refused("DOCUMENT_THRESHOLD", "root", ALARM),
        ),
      ],
    },
    "a tenant where there was none": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, {}, { tenant: "north" }) },
          refused("DOCUMENT_WRONG_TENANT", "root.tenant", ALARM),
        ),
      ],
    },
    "a development root": {
      pinned: await makeRoot(1, {}, { development: true }),
      steps: [{ ...good, expect: refused("DOCUMENT_DEVELOPMENT", "root") }],
    },
    "a development root that was asked for": {
      pinned: await makeRoot(1, {}, { development: true }),
      options: { development: true },
      steps: [good],
    },
    "a root that becomes a development root": {
      steps: [
        good,
        next({ 2: await makeRoot(2, {}, { development: true }) }, refused("DOCUMENT_DEVELOPMENT", "root")),
      ],
    },
    "an author leaves: what she signed counts no more": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, { release: [dave, fresh] }) },
          refused("DOCUMENT_THRESHOLD", "release", ALARM),
          good.tree,
        ),
      ],
    },
    "an author joins, and signs": {
      steps: [
        good,
        next(
          { 2: await makeRoot(2, byDave) },
          accepted(2, releaseByDave, { root: 2 }),
          treeOf(channelOfDave, releaseByDave, bundleByDave),
        ),
      ],
    },
    "an author signs before she has joined": {
      steps: [
        good,
        next(
          {},
          refused("DOCUMENT_THRESHOLD", "release", ALARM),
          treeOf(channelOfDave, releaseByDave, bundleByDave),
        ),
      ],
    },
    "the channel key changes: what the old one signed counts no more": {
      steps: [
        good,
        next({ 2: await makeRoot(2, { channel: [fresh] }) }, refused("DOCUMENT_THRESHOLD", "channel", ALARM)),
      ],
    },
  },
};
