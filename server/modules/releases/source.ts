import { HaggleError, parseEnvelope, parseRoot } from "@haggle/abi";
import type { ReleaseSource, Wanted } from "@haggle/sdk/trust";
import { joinSignatures } from "./cosigned.ts";
import { pathIn, releaseFolder } from "./folder.ts";
import type { Registry, Snapshot } from "./registry.ts";
import { findBundle, findRelease, findRoot, type Kind } from "./store.ts";

/** What the folder has that the registry has never had. */
export type Unknown = {
  channel: Uint8Array | undefined;
  prices: Uint8Array | undefined;
  /** Whether root.json is such a one. */
  root: boolean;
};

type Layers = { registry: Registry; folder: string; channel: string };

export const NOTHING: Unknown = { channel: undefined, prices: undefined, root: false };

/**
 * Where an updater gets its documents from: the registry alone; or the folder for what is new in it, and the registry
 * for the rest. The set that a channel document names is looked for where that document is, and then in the other place.
 */
export function createLayers({ registry, folder, channel }: Layers) {
  const files = releaseFolder(folder);
  let snapshot: Snapshot = { root: 0, heads: [] };
  let unknown = NOTHING;
  let usesFolder = false;
  /** A release that was looked for before the channel document that names it was here. */
  let expected: { sha256: string; found: Promise<Uint8Array | undefined> } | undefined;
  /** The very bytes that the registry gave, or took. */
  const registered = new WeakSet<Uint8Array>();

  const source: ReleaseSource = async (wanted) => {
    switch (wanted.kind) {
      case "channel":
      case "prices":
        return unknown[wanted.kind] ?? findHead(wanted.kind);
      case "root":
        if (!usesFolder) return wanted.version > snapshot.root ? undefined : findRegistered(wanted);
        return unknown.root ? inTurn(wanted, files, findRegistered) : inTurn(wanted, findRegistered, files);
      case "release":
        if (!unknown.channel)
          return (expected?.sha256 === wanted.sha256 && (await expected.found)) || findCosigned(wanted);
        return inTurn(wanted, findFile, findRegistered);
      default:
        return unknown.channel
          ? inTurn(wanted, findFile, findRegistered)
          : inTurn(wanted, findRegistered, files);
    }
  };

  async function inTurn(
    wanted: Wanted,
    first: ReleaseSource,
    second: ReleaseSource,
  ): Promise<Uint8Array | undefined> {
    return (await first(wanted)) ?? missing(wanted, await second(wanted));
  }

  /** Of the folder; one that is not there may be in the registry. */
  const findFile: ReleaseSource = async (wanted) => {
    try {
      return await files(wanted);
    } catch (cause) {
      if (cause instanceof HaggleError && cause.code === "SERVER_FILE_MISSING") return undefined;
      throw cause;
    }
  };

  /** The folder's copy where it has signatures that the registry's lacks, such as a new root may ask for. */
  async function findCosigned(wanted: Wanted): Promise<Uint8Array | undefined> {
    const [known, there] = await Promise.all([
      findRegistered(wanted),
      findFile(wanted).catch(() => undefined),
    ]);
    if (known === undefined) return missing(wanted, await files(wanted));
    if (there === undefined || Buffer.compare(there, known) === 0) return known;
    try {
      return joinSignatures(known, parseEnvelope(there, "release")) === undefined ? known : there;
    } catch (cause) {
      if (cause instanceof HaggleError) return known;
      throw cause;
    }
  }

  async function findRegistered(wanted: Wanted): Promise<Uint8Array | undefined> {
    const { database } = registry;
    if (wanted.kind === "root") return noted((await findRoot(database, wanted.version))?.document);
    if (wanted.kind === "release") return noted(await findRelease(database, wanted.sha256));
    if (wanted.kind === "bundle") return noted(await findBundle(database, wanted.sha256));
    return findHead(wanted.kind);
  }

  function noted(found: Uint8Array | undefined): Uint8Array | undefined {
    if (found !== undefined) registered.add(found);
    return found;
  }

  /** What a channel names and nobody has. Roots and prices may be absent. */
  function missing(wanted: Wanted, found: Uint8Array | undefined): Uint8Array | undefined {
    if (found !== undefined || wanted.kind === "root") return found;
    throw new HaggleError("SERVER_FILE_MISSING", "No such file in the release folder", {
      at: pathIn(folder, wanted),
    });
  }

  function findHead(kind: Kind): Uint8Array | undefined {
    return noted(snapshot.heads.find((head) => head.channel === channel && head.kind === kind)?.document);
  }

  return {
    source,
    findHead,
    findRegistered,
    /** Roots below a trusted one, wherever they are: each is proved by the one above it. */
    rootsOfBefore: ((wanted) => inTurn(wanted, findRegistered, files)) satisfies ReleaseSource,
    /** Looks for a release now, which the next document is likely to name. */
    expect(sha256: string | undefined): void {
      const found = sha256 === undefined ? undefined : findCosigned({ kind: "release", sha256 });
      expected = found && { sha256: sha256!, found };
      found?.catch(() => {});
    },
    begin(next: Snapshot): void {
      snapshot = next;
    },
    useRegistry(): void {
      unknown = NOTHING;
      usesFolder = false;
    },
    useFolder(next: Unknown): void {
      unknown = next;
      usesFolder = true;
    },
    isRegistryFirst: (): boolean => !usesFolder,
    /** Whether all of these came from the registry or are in it since. */
    hasAll: (files: readonly Uint8Array[]): boolean => files.every((bytes) => registered.has(bytes)),
    note(files: readonly Uint8Array[]): void {
      for (const bytes of files) registered.add(bytes);
    },
    hasChannel: (): boolean => findHead("channel") !== undefined,
    /** Whether these bytes are the registry's newest channel document. */
    isHead(bytes: Uint8Array): boolean {
      const head = findHead("channel");
      return head !== undefined && Buffer.compare(head, bytes) === 0;
    },
    /** Whether the registry has this root, to the byte. */
    async hasRoot(bytes: Uint8Array): Promise<boolean> {
      const version = versionOf(bytes);
      const known = version === undefined ? undefined : await findRoot(registry.database, version);
      return known !== undefined && Buffer.compare(known.document, bytes) === 0;
    },
  };
}

function versionOf(root: Uint8Array): number | undefined {
  try {
    return parseRoot(parseEnvelope(root, "root").payload).version;
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}
