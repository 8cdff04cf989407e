import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { refuse } from "@haggle/abi";
import type { TrustState, TrustStore } from "../trust/state.ts";
import { encodeState, parseState } from "../trust/state-json.ts";

/** The largest release and the rest in base64 fit twice; what is larger was not written here. */
const MAX_STATE_BYTES = 96 * 1024 * 1024;
/** It says what a shop runs, which is nobody else's business; and nobody else may change it. */
const MODE = 0o600;

/**
 * Keeps the state in one file. A save writes a file beside it, flushes that, renames it over the old one and flushes
 * the folder: whenever the machine stops, the old state or the new one is there, whole. The folder must exist, and one
 * process at a time may write.
 *
 * @throws HaggleError CLIENT_STATE when it cannot be read or written (the old one stays), CLIENT_STATE_DAMAGED for a
 * file that is no state
 */
export function fileStore(path: string): TrustStore {
  const temporary = `${path}.tmp`;

  async function load(): Promise<TrustState | undefined> {
    const bytes = await readState(path);
    return bytes && parseState(bytes);
  }

  async function save(state: TrustState): Promise<void> {
    try {
      await writeDurably(temporary, encodeState(state));
      await rename(temporary, path);
      await flushFolder(dirname(path));
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => {});
      throw refuse("CLIENT_STATE", path, codeOf(cause), cause);
    }
  }

  return { load, save };
}

async function readState(path: string): Promise<Uint8Array | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const { size } = await file.stat();
    if (size > MAX_STATE_BYTES) throw refuse("CLIENT_STATE_DAMAGED", path, size);
    return new Uint8Array(await file.readFile());
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT") return undefined;
    if (code === "CLIENT_STATE_DAMAGED") throw cause;
    throw refuse("CLIENT_STATE", path, code, cause);
  } finally {
    await file?.close();
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w", MODE);
  try {
    // A file that was left over by a stop may have another mode.
    await file.chmod(MODE);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable when its folder is. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException).code;
}
