import { type HaggleError, refuse } from "@haggle/abi";
import type { TrustStore } from "../trust/state.ts";
import { encodeState, parseState } from "../trust/state-json.ts";
import { readCapped } from "./read-capped.ts";
import { replaceFile } from "./replace-file.ts";

/** The largest release in base64 fits twice; what is larger was not written here. */
const MAX_STATE_BYTES = 96 * 1024 * 1024;
/** Of no use to others than the one who runs the program. */
const MODE = 0o600;

/**
 * Keeps the state in one file, which a save replaces in one step: whenever the machine stops, the old state or the new
 * one is there, whole. The folder is made if need be. One program at a time may write.
 *
 * @throws HaggleError CLIENT_STATE when the file cannot be read or written (the old state stays), CLIENT_STATE_DAMAGED
 * when it is no state
 */
export function fileStore(path: string): TrustStore {
  return {
    async load() {
      const bytes = await readCapped(path, MAX_STATE_BYTES).catch((cause: HaggleError) => {
        // A folder or a film in its place is no state; where the system refuses, there may be one.
        const code = cause.cause === undefined ? "CLIENT_STATE_DAMAGED" : "CLIENT_STATE";
        throw refuse(code, path, cause.value, cause);
      });
      return bytes && parseState(bytes);
    },
    async save(state) {
      const bytes = encodeState(state);
      try {
        // One name for all saves, so that a program that is killed again and again does not fill the folder.
        const temporary = `${path}.tmp`;
        await replaceFile(path, (file) => file.writeFile(bytes), { mode: MODE, temporary });
      } catch (cause) {
        throw refuse("CLIENT_STATE", path, (cause as NodeJS.ErrnoException).code, cause);
      }
    },
  };
}
