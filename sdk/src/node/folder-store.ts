import { join } from "node:path";
import type { TrustStore } from "../trust/state.ts";
import { fileStore } from "./file-store.ts";

/**
 * Keeps the states of channels in a folder, `stable.json` and such, for `createHaggle` in Node: a `fileStore` each.
 *
 * @example
 * const haggle = createHaggle({ url, root, store: folderStore("state") });
 */
export function folderStore(folder: string): (channel: string) => TrustStore {
  // Whatever a program takes for the name of a channel, its file lies in the folder.
  return (channel) => fileStore(join(folder, `${encodeURIComponent(channel)}.json`));
}
