import { encodeBase64, encodeUtf8 } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import type {
  BlobPart,
  Counted,
  Expected,
  Refusal,
  Restored,
  StoredState,
  UpdateCase,
  UpdateStep,
  UpdateVectors,
} from "../update-cases.ts";
import { MINUTE, one, readBundle, root1, type Signed, type SignedBundle, T0 } from "./world.ts";

// Puts cases down: what stands in a tree as digests, and every blob once.

/** What a source has at a path: a document, any text, or bytes. */
export type Content = Signed | string | Uint8Array | SignedBundle;

/** Paths of a release folder; undefined takes away what the tree before had there. */
export type Tree = Record<string, Content | undefined>;

export type Step = {
  clock?: number;
  tree: Tree;
  restart?: { pinned?: Content; state?: State; expect: Restored };
  expect: Expected;
  live?: Counted;
};

/** A stored state, with its files as they are. */
export type State = {
  roots: Content[];
  channel: Content;
  release: Content;
  bundle: Content;
  prices?: Content;
};

export type Case = {
  pinned?: Content;
  options?: UpdateCase["options"];
  steps: Step[];
  /** What is stored at the end; as a rule, what counted last. */
  after?: Counted;
};

export type Group = { group: string; cases: Record<string, Case> };

/** Where the clock stands at the first step; each further one is a minute later unless it says otherwise. */
export const START = T0 + 60 * MINUTE;

/** What counts: this channel document, its release, and whatever else is said. */
export function counted(
  channel: number,
  release: Signed,
  { root = 1, prices, withdrawn }: { root?: number; prices?: number; withdrawn?: true } = {},
): Counted {
  return {
    root,
    channel,
    release: release.sha256,
    ...(prices !== undefined && { prices }),
    ...(withdrawn && { withdrawn }),
  };
}

export function accepted(
  channel: number,
  release: Signed,
  { told, ...others }: { root?: number; prices?: number; withdrawn?: true; told?: Refusal } = {},
): Expected {
  return { accepted: counted(channel, release, others), ...(told && { told }) };
}

export function refusal(code: string, at?: string, { alarm = false }: { alarm?: boolean } = {}): Refusal {
  return { code, ...(at !== undefined && { at }), alarm };
}

export function refused(code: string, at?: string, options?: { alarm?: boolean }): Expected {
  return { refused: refusal(code, at, options) };
}

/** A source with one channel document, one release and its bundle. */
export function treeOf(channel: Content, release: Signed, bundle: SignedBundle = one, more: Tree = {}): Tree {
  return {
    "channels/stable.json": channel,
    [`releases/${release.sha256}.json`]: release,
    [`bundles/${bundle.sha256}.wasm`]: bundle,
    ...more,
  };
}

export async function writeBook(groups: readonly Group[]): Promise<UpdateVectors> {
  const blobs: Record<string, BlobPart[]> = {};

  async function put(content: Content): Promise<string> {
    const bytes = contentBytes(content);
    const digest = await sha256Hex(bytes);
    blobs[digest] ??= partsOf(bytes);
    return digest;
  }

  async function putTree(tree: Tree): Promise<Record<string, string>> {
    const entries: [string, string][] = [];
    for (const [path, content] of Object.entries(tree)) {
      if (content !== undefined) entries.push([path, await put(content)]);
    }
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async function putState({ roots, channel, release, bundle, prices }: State): Promise<StoredState> {
    return {
      roots: await Promise.all(roots.map(put)),
      channel: await put(channel),
      release: await put(release),
      bundle: await put(bundle),
      ...(prices && { prices: await put(prices) }),
    };
  }

  async function putStep({ clock, tree, restart, expect, live }: Step, index: number): Promise<UpdateStep> {
    return {
      clock: clock ?? START + index * MINUTE,
      tree: await putTree(tree),
      ...(restart && {
        restart: {
          ...(restart.pinned && { pinned: await put(restart.pinned) }),
          ...(restart.state && { state: await putState(restart.state) }),
          expect: restart.expect,
        },
      }),
      expect,
      ...(live && { live }),
    };
  }

  const cases: UpdateCase[] = [];
  for (const { group, cases: list } of groups) {
    for (const [name, { pinned = root1, options, steps, after }] of Object.entries(list)) {
      const written: UpdateStep[] = [];
      for (const [index, step] of steps.entries()) written.push(await putStep(step, index));
      // Whatever is refused changes nothing: what counted last is what is stored at the end.
      const last = after ?? steps.flatMap(countedBy).at(-1);
      cases.push({
        name,
        group,
        pinned: await put(pinned),
        ...(options && { options }),
        steps: written,
        ...(last && { after: last }),
      });
    }
  }
  return { cases, blobs: Object.fromEntries(Object.entries(blobs).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

export function contentBytes(content: Content): Uint8Array {
  const plain = typeof content === "object" && "text" in content ? content.text : content;
  if (typeof plain === "string") return encodeUtf8(plain);
  return plain instanceof Uint8Array ? plain : plain.bytes;
}

function countedBy({ restart, expect }: Step): Counted[] {
  return [restart?.expect.accepted, "accepted" in expect ? expect.accepted : undefined].filter(
    (counted) => counted !== undefined,
  );
}

const MODULES = [
  { file: "one.wasm", bytes: readBundle("one.wasm") },
  { file: "two.wasm", bytes: readBundle("two.wasm") },
];
const HEADER_BYTES = 8;
/** So many spaces at an end are told by their number. */
const MANY_SPACES = 1000;

/** Text as text; of a bundle only what stands before the module that it was made from. */
function partsOf(bytes: Uint8Array): BlobPart[] {
  for (const { file, bytes: module } of MODULES) {
    const at = bytes.length - (module.length - HEADER_BYTES);
    if (at > 0 && sameBytes(bytes.subarray(at), module.subarray(HEADER_BYTES))) {
      return [{ base64: encodeBase64(bytes.subarray(0, at)) }, { file, from: HEADER_BYTES }];
    }
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (!sameBytes(encodeUtf8(text), bytes)) return [{ base64: encodeBase64(bytes) }];
  const end = text.trimEnd();
  const spaces = text.length - end.length;
  return spaces < MANY_SPACES ? [text] : [end, { spaces }];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
