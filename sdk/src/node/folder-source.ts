import { join } from "node:path";
import { maxBytesOf, pathOf, type ReleaseSource } from "../trust/source.ts";
import { readCapped } from "./read-capped.ts";

/**
 * The documents of a release folder on this machine. Nothing in it is believed, and no file is read past its cap.
 *
 * @throws HaggleError CLI_FILE
 */
export function folderSource(folder: string): ReleaseSource {
  return async (wanted, signal) => {
    signal?.throwIfAborted();
    return readCapped(join(folder, pathOf(wanted)), maxBytesOf(wanted));
  };
}
