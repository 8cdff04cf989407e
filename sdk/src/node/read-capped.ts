import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { HaggleError } from "@haggle/abi";

/**
 * The bytes of a regular file that has at most `maxBytes`, undefined when there is none.
 *
 * @throws HaggleError CLI_FILE for what is larger, cannot be read, or is a folder, a device or a pipe
 */
export async function readCapped(
  path: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let file: FileHandle;
  try {
    // Else opening a pipe waits for somebody to write into it. Windows has no such flag.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw unreadable(path, cause);
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new HaggleError("CLI_FILE", "Not a regular file", { at: path });
    if (found.size > maxBytes) throw tooLarge(path, maxBytes, found.size);
    // A file that grows meanwhile is not followed beyond what it was.
    const bytes = new Uint8Array(found.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (cause) {
    throw cause instanceof HaggleError ? cause : unreadable(path, cause);
  } finally {
    await file.close();
  }
}

function tooLarge(path: string, maxBytes: number, size: number): HaggleError {
  return new HaggleError("CLI_FILE", `A file of at most ${maxBytes} bytes`, { at: path, value: size });
}

function unreadable(path: string, cause: unknown): HaggleError {
  return new HaggleError("CLI_FILE", "Cannot be read", { at: path, cause });
}
