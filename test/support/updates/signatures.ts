import { encodeBase64 } from "@haggle/abi";
import { accepted, type Case, type Content, type Group, refusal, refused, treeOf } from "./book.ts";
import {
  alice,
  bob,
  carol,
  cashier,
  channel1,
  edited,
  fresh,
  idOf,
  makeChannel,
  makePrices,
  makeRelease,
  makeRoot,
  mallory,
  one,
  online,
  pricer,
  release1,
  rita,
  rob,
  rootDocument,
  ruth,
  type Signed,
  signed,
} from "./world.ts";

const good = { tree: treeOf(channel1, release1), expect: accepted(1, release1) };
const ALARM = { alarm: true };
const THRESHOLD = (type: string) => refused("DOCUMENT_THRESHOLD", type, ALARM);
const FORGED = (index: number) => refused("DOCUMENT_BAD_SIGNATURE", `signatures[${index}]`, ALARM);

function second(channel: Content, expect: Case["steps"][number]["expect"]): Case {
  return { steps: [good, { tree: treeOf(channel, release1), expect }] };
}

/** A channel document that names this release; whoever signed it. */
async function release(signedRelease: Signed, expect: Case["steps"][number]["expect"]): Promise<Case> {
  const channel = await makeChannel(2, signedRelease);
  return { steps: [good, { tree: treeOf(channel, signedRelease), expect }] };
}

function prices(document: Content, told: ReturnType<typeof refusal>): Case {
  const tree = treeOf(channel1, release1, one, { "prices/stable.json": document });
  return { steps: [good, { tree, expect: accepted(1, release1, { told }) }] };
}

function root(document: Content, expect: Case["steps"][number]["expect"]): Case {
  return { steps: [good, { tree: treeOf(channel1, release1, one, { "roots/2.json": document }), expect }] };
}

const signerIds = new Map(
  await Promise.all([alice, bob, online].map(async (one) => [one, await idOf(one)] as const)),
);
const by1 = await makeRelease(2, {}, { signers: [alice] });
const channelAnew = await makeChannel(2, release1);
/** The same signature, said to be by somebody else. */
const renamed = (document: Signed, index: number, keyid: string): Signed =>
  edited(document, (json) => ({
    ...json,
    signatures: json.signatures.map((one, at) => (at === index ? { ...one, keyid } : one)),
  }));

export const signatures: Group = {
  group: "signatures",
  cases: {
    "by two of three, the first two": await release(await makeRelease(2), accepted(2, await makeRelease(2))),
    "by two of three, the others": await release(
      await makeRelease(2, {}, { signers: [carol, bob] }),
      accepted(2, await makeRelease(2, {}, { signers: [carol, bob] })),
    ),
    "by all three": await release(
      await makeRelease(2, {}, { signers: [alice, bob, carol] }),
      accepted(2, await makeRelease(2)),
    ),
    "by enough, and by a stranger": await release(
      await makeRelease(2, {}, { signers: [mallory, alice, bob] }),
      accepted(2, await makeRelease(2)),
    ),
    "by nobody": second(
      edited(channelAnew, (json) => ({ ...json, signatures: [] })),
      refused("DOCUMENT_UNSIGNED", "signatures", ALARM),
    ),
    "by a stranger": second(await makeChannel(2, release1, {}, [mallory]), THRESHOLD("channel")),
    "by a stranger under a known key's name": second(
      renamed(await makeChannel(2, release1, {}, [mallory]), 0, signerIds.get(online)!),
      FORGED(0),
    ),
    "of another document": second(
      edited(channelAnew, (json) => ({ ...json, signatures: JSON.parse(channel1.text).signatures })),
      FORGED(0),
    ),
    "by a known key, of bytes of which one changed": second(
      edited(channelAnew, (json) => ({ ...json, payload: encodeBase64(flipped(json.payload)) })),
      FORGED(0),
    ),
    "by enough, and a wrong one by a known key": await release(
      renamed(await makeRelease(2, {}, { signers: [alice, bob, mallory] }), 2, await idOf(carol)),
      FORGED(2),
    ),
    "by one of two that are needed": await release(by1, THRESHOLD("release")),
    "by one key, twice": await release(
      edited(by1, (json) => ({ ...json, signatures: [json.signatures[0], json.signatures[0]] })),
      THRESHOLD("release"),
    ),
    "by one key, under two names": await release(
      renamed(
        edited(by1, (json) => ({ ...json, signatures: [json.signatures[0], json.signatures[0]] })),
        1,
        signerIds.get(bob)!,
      ),
      FORGED(1),
    ),
    "by one key and a stranger": await release(
      await makeRelease(2, {}, { signers: [alice, mallory] }),
      THRESHOLD("release"),
    ),
  },
};

/** Every role's keys under every other role's documents. */
export const roles: Group = {
  group: "roles",
  cases: {
    "authors sign a channel": second(await makeChannel(2, release1, {}, [alice, bob]), THRESHOLD("channel")),
    "the root's keys sign a channel": second(
      await makeChannel(2, release1, {}, [rita, rob]),
      THRESHOLD("channel"),
    ),
    "the prices key signs a channel": second(
      await makeChannel(2, release1, {}, [pricer]),
      THRESHOLD("channel"),
    ),
    "the receipt key signs a channel": second(
      await makeChannel(2, release1, {}, [cashier]),
      THRESHOLD("channel"),
    ),
    "the channel key signs a release": await release(
      await makeRelease(2, {}, { signers: [online] }),
      THRESHOLD("release"),
    ),
    "all online keys sign a release": await release(
      await makeRelease(2, {}, { signers: [online, pricer, cashier] }),
      THRESHOLD("release"),
    ),
    "the root's keys sign a release": await release(
      await makeRelease(2, {}, { signers: [rita, rob, ruth] }),
      THRESHOLD("release"),
    ),
    "an author and the channel key sign a release": await release(
      await makeRelease(2, {}, { signers: [alice, online] }),
      THRESHOLD("release"),
    ),
    "the channel key signs prices": prices(
      await makePrices(1, release1, {}, [online]),
      refusal("DOCUMENT_THRESHOLD", "prices", ALARM),
    ),
    "authors sign prices": prices(
      await makePrices(1, release1, {}, [alice, bob]),
      refusal("DOCUMENT_THRESHOLD", "prices", ALARM),
    ),
    "the receipt key signs prices": prices(
      await makePrices(1, release1, {}, [cashier]),
      refusal("DOCUMENT_THRESHOLD", "prices", ALARM),
    ),
    "the channel key signs a root": root(
      await makeRoot(2, { root: [online] }, {}, [online]),
      THRESHOLD("root"),
    ),
    "authors sign a root": root(
      await makeRoot(2, { root: [alice, bob, carol] }, {}, [alice, bob, carol]),
      THRESHOLD("root"),
    ),
    "one key with two roles: its channel signature under prices": await sharedKey(),
  },
};

export const keys: Group = {
  group: "keys",
  cases: {
    "a pinned root with a key of small order": pinnedWith(
      await rootWithKey(smallOrder()),
      "SIGNATURE_BAD_KEY",
    ),
    "a pinned root with a key that is spelt above the field": pinnedWith(
      await rootWithKey(nonCanonical()),
      "SIGNATURE_BAD_KEY",
    ),
    "a pinned root with a key under another key's name": pinnedWith(
      await rootWithKey(fresh.publicKey, "ab".repeat(32)),
      "DOCUMENT_BAD_KEY",
      `root.keys.${"ab".repeat(32)}`,
    ),
    "a pinned root that one of its keys has signed": pinnedWith(
      await makeRoot(1, {}, {}, [rita]),
      "DOCUMENT_THRESHOLD",
      "root",
    ),
    "a pinned root whose threshold nobody can reach": pinnedWith(
      await makeRoot(1, { rootThreshold: 4 }, {}, [rita, rob, ruth]),
      "DOCUMENT_THRESHOLD",
      "root",
    ),
    "a pinned root with threshold zero": pinnedWith(
      await makeRoot(1, { rootThreshold: 0 }),
      "DOCUMENT_BAD_FIELD",
      "root.roles.root.threshold",
    ),
    "a pinned root of another algorithm": pinnedWith(
      await withKey({ algorithm: "rsa", public: encodeBase64(fresh.publicKey) }, await idOf(fresh)),
      "DOCUMENT_BAD_FIELD",
      `root.keys.${await idOf(fresh)}.algorithm`,
    ),
    "a pinned root with 33 keys": await manyKeys(),
    "a new root with a key of small order": root(
      await rootWithKey(smallOrder(), undefined, 2),
      refused("SIGNATURE_BAD_KEY", undefined, ALARM),
    ),
    "a role that names a key which the root does not hold": {
      pinned: await withRoles("channel"),
      steps: [{ tree: treeOf(channel1, release1), expect: THRESHOLD("channel") }],
    },
  },
};

/** The payload of a channel document in an envelope of prices, as the same key would sign both. */
async function sharedKey(): Promise<Case> {
  const shared = await makeRoot(1, { channel: [online], prices: [online] });
  const confused = edited(await makeChannel(2, release1), (json) => ({
    ...json,
    payloadType: "application/vnd.haggle.prices+json",
  }));
  return {
    pinned: shared,
    steps: [
      {
        tree: treeOf(channel1, release1, one, { "prices/stable.json": confused }),
        expect: accepted(1, release1, { told: refusal("DOCUMENT_BAD_SIGNATURE", "signatures[0]", ALARM) }),
      },
    ],
  };
}

function pinnedWith(document: Signed, code: string, at?: string): Case {
  const alarm = code !== "DOCUMENT_BAD_FIELD";
  return {
    pinned: document,
    steps: [{ tree: treeOf(channel1, release1), expect: refused(code, at, { alarm }) }],
  };
}

async function rootWithKey(bytes: Uint8Array, keyid?: string, version = 1): Promise<Signed> {
  const name = keyid ?? (await idOf({ publicKey: bytes, sign: mallory.sign }));
  return withKey({ algorithm: "ed25519", public: encodeBase64(bytes) }, name, version);
}

async function withKey(key: object, keyid: string, version = 1): Promise<Signed> {
  const document = await rootDocument(version);
  return signed("root", { ...document, keys: { ...document.keys, [keyid]: key } }, [rita, rob]);
}

async function withRoles(type: "channel"): Promise<Signed> {
  const document = await rootDocument(1);
  const role = { keyids: [await idOf(fresh)], threshold: 1 };
  return signed("root", { ...document, roles: { ...document.roles, [type]: role } }, [rita, rob]);
}

async function manyKeys(): Promise<Case> {
  const document = await rootDocument(1);
  const names = Array.from({ length: 33 }, (_, index) => index.toString(16).padStart(64, "0"));
  const key = Object.values(document.keys)[0];
  const root = { ...document, keys: Object.fromEntries(names.map((name) => [name, key])) };
  return pinnedWith(await signed("root", root, [rita, rob]), "DOCUMENT_BAD_FIELD", "root.keys");
}

/** The neutral element: with it as a key, one signature passes for every message. */
function smallOrder(): Uint8Array {
  return Uint8Array.of(1, ...new Uint8Array(31));
}

/** y = p + 3, the second spelling of y = 3. */
function nonCanonical(): Uint8Array {
  return Uint8Array.of(0xf0, ...new Uint8Array(30).fill(0xff), 0x7f);
}

function flipped(payload: string): Uint8Array {
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  // The digit of the version, so that it is a document still.
  const at = bytes.length - 2;
  return bytes.with(at, bytes[at]! ^ 1);
}
