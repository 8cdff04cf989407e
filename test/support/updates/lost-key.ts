import { ALARM, FIRST as first, SECOND as second } from "./beginnings.ts";
import { accepted, counted, type Group, refused, START, treeOf } from "./book.ts";
import {
  channel1,
  channelDocument,
  DAY,
  fresh,
  MINUTE,
  makeChannel,
  makeRoot,
  one,
  online,
  release1,
  release2,
  signed,
  T0,
  two,
} from "./world.ts";

const LAST = Number.MAX_SAFE_INTEGER;
const forward = await makeChannel(LAST, release1, { issued: START, expires: T0 + DAY });
const newKey = await makeRoot(2, { channel: [fresh] });
const recovered = treeOf(await makeChannel(2, release2, {}, [fresh]), release2, two, {
  "roots/2.json": newKey,
});

/** A lost online key: what it did, and how the root's people take it back. */
export const lostKey: Group = {
  group: "lost online key",
  cases: {
    "fast-forward: the last version there is": {
      steps: [
        first,
        { tree: treeOf(forward, release1), expect: accepted(LAST, release1) },
        { ...second, expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM) },
      ],
    },
    "fast-forward, and one more than there is": {
      steps: [
        first,
        { tree: treeOf(forward, release1), expect: accepted(LAST, release1) },
        {
          tree: treeOf(
            await signed(
              "channel",
              JSON.stringify(channelDocument(7, release1)).replace('"version":7', `"version":${2 ** 53}`),
              [online],
            ),
            release1,
          ),
          expect: refused("DOCUMENT_BAD_FIELD", "channel.version"),
        },
      ],
    },
    "recovery: a new root with a new channel key starts the count again": {
      steps: [
        first,
        { tree: treeOf(forward, release1), expect: accepted(LAST, release1) },
        { tree: recovered, expect: accepted(2, release2, { root: 2 }) },
      ],
    },
    "recovery after a restart": {
      steps: [
        first,
        { tree: treeOf(forward, release1), expect: accepted(LAST, release1) },
        {
          restart: { expect: { accepted: counted(LAST, release1) } },
          tree: recovered,
          expect: accepted(2, release2, { root: 2 }),
        },
      ],
    },
    "after the recovery the stolen key signs once more": {
      steps: [
        first,
        { tree: recovered, expect: accepted(2, release2, { root: 2 }) },
        {
          tree: { ...treeOf(forward, release1), "roots/2.json": newKey },
          expect: refused("DOCUMENT_THRESHOLD", "channel", ALARM),
        },
      ],
    },
    "after the recovery the new root is kept back": {
      steps: [
        first,
        { tree: recovered, expect: accepted(2, release2, { root: 2 }) },
        {
          tree: treeOf(forward, release1),
          expect: refused("DOCUMENT_THRESHOLD", "channel", ALARM),
        },
      ],
    },
    "a new root with the same channel key does not start the count again": {
      steps: [
        first,
        second,
        {
          tree: treeOf(channel1, release1, one, { "roots/2.json": await makeRoot(2) }),
          expect: refused("DOCUMENT_ROLLBACK", "channel.version", ALARM),
        },
      ],
    },
    "a clock that a stolen key put forward by as much as it can": {
      steps: [
        first,
        {
          clock: START,
          tree: treeOf(
            await makeChannel(LAST, release1, { issued: START + 5 * MINUTE, expires: START + 365 * DAY }),
            release1,
          ),
          expect: accepted(LAST, release1),
        },
        { clock: START + MINUTE, tree: recovered, expect: accepted(2, release2, { root: 2 }) },
      ],
    },
  },
};
