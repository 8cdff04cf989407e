import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError, refuse } from "@haggle/abi";
import { maxBytesOf, pathOf, type ReleaseSource } from "../trust/source.ts";

/** The documents of a release folder on this machine. Nothing in it is believed, and no file is read past its cap. */
export function folderSource(folder: string): ReleaseSource {
  return async (wanted, signal) => {
    const path = join(folder, pathOf(wanted));
    let file: FileHandle | undefined;
    try {
      file = await open(path, "r");
      const { size } = await file.stat();
      if (size > maxBytesOf(wanted)) throw refuse("CLIENT_TOO_LARGE", path, size);
      return new Uint8Array(await file.readFile({ signal }));
    } catch (cause) {
      if (cause instanceof HaggleError) throw cause;
      if (signal?.aborted) throw signal.reason;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw refuse("CLI_FILE", path, code, cause);
    } finally {
      await file?.close();
    }
  };
}
