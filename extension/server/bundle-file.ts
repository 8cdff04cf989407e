// A bundle on disk: its bytes, the project it belongs to, and the lines its code came from.

import { readFile, stat } from "node:fs/promises";
import { SourceMap } from "node:module";
import { dirname, join } from "node:path";
import { ByteReader, HaggleError, MAX_BUNDLE_BYTES, refuse, SECTION_CODE, WASM_HEADER } from "@haggle/abi";

/** Maps are some times as large as what they are about. */
const MAX_MAP_BYTES = 64 * MAX_BUNDLE_BYTES;

/**
 * The bytes of a file; undefined when there is no such file.
 *
 * @throws HaggleError PROFILE_TOO_LARGE, before anything is read
 */
export async function readBundle(path: string): Promise<Uint8Array | undefined> {
  const size = await findSize(path);
  if (size === undefined) return undefined;
  if (size > MAX_BUNDLE_BYTES) throw refuse("PROFILE_TOO_LARGE", MAX_BUNDLE_BYTES, size);
  return readFile(path);
}

/** The nearest folder above a file that has `rules/` in it. */
export async function findProjectAbove(path: string): Promise<string | undefined> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((await findStat(join(folder, "rules")))?.isDirectory()) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * The line, from 0, of a project's rules that an offset in a bundle's code came from, by the map beside the bundle.
 * Undefined where there is no map, or it leads elsewhere: into the runtime library, or out of the project.
 */
export async function findSource(
  { path, bytes, root }: { path: string; bytes: Uint8Array; root: string },
  offset: number,
): Promise<{ file: string; line: number } | undefined> {
  if (!isInCode(bytes, offset)) return undefined;
  const map = await readMap(`${path}.map`);
  const entry = map?.findEntry(0, offset);
  if (entry === undefined || !("originalSource" in entry)) return undefined;
  const file = entry.originalSource;
  if (!/^rules\/[^\\]+\.ts$/.test(file) || file.split("/").includes("..")) return undefined;
  return (await findSize(join(root, file))) === undefined ? undefined : { file, line: entry.originalLine };
}

async function readMap(path: string): Promise<SourceMap | undefined> {
  const size = await findSize(path);
  if (size === undefined || size > MAX_MAP_BYTES) return undefined;
  try {
    return new SourceMap(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    // Half a map, or something else of that name: whatever it is, no line is known.
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    return undefined;
  }
}

/** Behind its last entry a map has an answer for everything, so that other sections would have lines too. */
function isInCode(bytes: Uint8Array, offset: number): boolean {
  const reader = new ByteReader(bytes, 0, bytes.length, "PROFILE_TRUNCATED", "PROFILE_BAD_LEB");
  try {
    reader.take(WASM_HEADER.length);
    while (reader.at < reader.end) {
      const id = reader.byte();
      const size = reader.u32();
      const start = reader.at;
      if (id === SECTION_CODE) return start <= offset && offset < start + size;
      reader.take(size);
    }
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
  }
  return false;
}

async function findSize(path: string): Promise<number | undefined> {
  const found = await findStat(path);
  return found?.isFile() ? found.size : undefined;
}

async function findStat(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw cause;
  }
}
