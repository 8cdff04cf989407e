// Files as the CLI writes them, whole or not at all, and as it reads them: none before its size is known.

import type { Dirent } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import {
  HaggleError,
  MAX_BUNDLE_BYTES,
  MAX_PROJECT_FILE_BYTES,
  MAX_RELEASE_ENVELOPE_BYTES,
  refuse,
} from "@haggle/abi";
import { replaceFile } from "@haggle/sdk/node";

/**
 * Replaces a file in one step: readers see the old bytes or the new ones, also after a power cut. The new name is
 * on disk when this returns.
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  await replaceFile(path, (file) => file.writeFile(bytes), { mode });
}

/** The same for what is too long to be held at once. */
export async function streamAtomically(
  path: string,
  chunks: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  await replaceFile(path, async (file) => {
    for await (const chunk of chunks) await file.write(chunk);
  });
}

/**
 * A file of any length, piece by piece, and how long it is now.
 *
 * @throws HaggleError CLI_FILE for what is not a regular file
 */
export async function openFile(path: string): Promise<{ size: number; chunks: AsyncIterable<Uint8Array> }> {
  const size = await findSize(path);
  const handle = await open(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  return { size, chunks: handle.createReadStream() };
}

/**
 * The file's bytes, undefined when it is not there.
 *
 * @throws HaggleError CLI_FILE for what is not a regular file or is larger than `MAX_FILE_BYTES`
 */
export async function findFile(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readCapped(path, refuseLarge);
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code === "CLI_FILE" && isMissing(cause.cause)) return undefined;
    throw cause;
  }
}

/** @throws HaggleError CLI_FILE, also for what is not a regular file or is larger than `MAX_FILE_BYTES` */
export async function getFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return readCapped(path, refuseLarge);
}

/** @throws HaggleError CLI_FILE, PROFILE_TOO_LARGE with the size: the profile's limit, before anything is read */
export async function getBundle(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return readCapped(path, (size) => {
    if (size > MAX_BUNDLE_BYTES) throw refuse("PROFILE_TOO_LARGE", path, size);
  });
}

/** A text of a project. @throws HaggleError CLI_FILE, CLI_FILE_TOO_LARGE with the size */
export async function getProjectText(path: string): Promise<string> {
  const bytes = await readCapped(path, (size) => {
    if (size > MAX_PROJECT_FILE_BYTES) throw refuse("CLI_FILE_TOO_LARGE", path, size);
  });
  return new TextDecoder().decode(bytes);
}

/** What a folder holds; nothing when it is not there. */
export async function listFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    return [];
  }
}

/** What a folder holds, undefined when `path` is a file. @throws HaggleError CLI_FILE when it is not there or cannot be read */
export async function readFolder(path: string): Promise<Dirent[] | undefined> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw fileError(path, cause, "No such file or folder");
  }
}

/** @throws HaggleError CLI_FILE, CLI_NOT_JSON */
export async function getJson(path: string): Promise<unknown> {
  return parseJsonOf(path, new TextDecoder().decode(await getFile(path)));
}

/** The same of a file of a project. @throws HaggleError CLI_FILE, CLI_FILE_TOO_LARGE, CLI_NOT_JSON */
export async function getProjectJson(path: string): Promise<unknown> {
  return parseJsonOf(path, await getProjectText(path));
}

function parseJsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const position = /(.*) at position (\d+)/s.exec(message);
    const [why, at] =
      position === null ? [message, path] : [position[1]!, placeIn(path, text, +position[2]!)];
    throw new HaggleError("CLI_NOT_JSON", `This is not JSON: ${why}`, { at, cause });
  }
}

/** As compilers write it and editors open it. */
function placeIn(path: string, text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `${path}:${lines.length}:${lines.at(-1)!.length + 1}`;
}

/** Keys, carts, cases and releases: the largest, a release, ends at a quarter of it. */
const MAX_FILE_BYTES = 4 * MAX_RELEASE_ENVELOPE_BYTES;

function refuseLarge(size: number, path: string): void {
  if (size <= MAX_FILE_BYTES) return;
  throw new HaggleError("CLI_FILE", `A file of at most ${MAX_FILE_BYTES} bytes`, { at: path, value: size });
}

/** Devices and pipes have no size to hold against a cap, and may never end. */
async function readCapped(
  path: string,
  check: (size: number, path: string) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  check(await findSize(path), path);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  return new Uint8Array(bytes);
}

async function findSize(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (found.isFile()) return found.size;
  const reason = found.isDirectory() ? "This is a folder" : "Not a regular file";
  throw new HaggleError("CLI_FILE", reason, { at: path });
}

function fileError(path: string, cause: unknown, missing = "No such file"): HaggleError {
  const message = isMissing(cause) ? missing : `Cannot be read: ${reasonOf(cause as NodeJS.ErrnoException)}`;
  return new HaggleError("CLI_FILE", message, { at: path, cause });
}

/**
 * What is to be told of a failure: a refusal of ours, or of the file system, such as a folder without rights or a full disk.
 *
 * @throws the error itself, when it is neither: a fault
 */
export function refusalOf(error: unknown): HaggleError {
  if (error instanceof HaggleError) return error;
  const { path, dest = path, syscall } = error as NodeJS.ErrnoException & { dest?: string };
  if (!(error instanceof Error) || dest === undefined || syscall === undefined) throw error;
  // What is being written has a name of its own until it is whole.
  const at = dest.replace(/\.[0-9a-f]{12}\.tmp$/, "");
  return new HaggleError("CLI_FILE", `The system refuses: ${reasonOf(error)}`, { at, cause: error });
}

function reasonOf({ code = "", message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? message;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  EFBIG: "the file is too large",
  ENOENT: "no such file or folder",
  EEXIST: "something of this name is there already",
  ENOTDIR: "a file is where a folder would be",
  EISDIR: "a folder is where a file would be",
  ELOOP: "links lead in a circle",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
};

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}
