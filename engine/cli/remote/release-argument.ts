import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Terminal } from "../terminal.ts";
import { readDocumentOf } from "../trust/signed-file.ts";

const DIGEST = /^[0-9a-f]{64}$/;

/** The digest of a release: given as such, or of a draft, a build or a file. @throws HaggleError CLI_FILE, DOCUMENT_* */
export async function digestOfRelease(terminal: Terminal, given: string): Promise<string> {
  if (DIGEST.test(given)) return given;
  const path = resolve(terminal.cwd, given);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return (await readDocumentOf("release", isFolder ? join(path, "release.json") : path)).sha256;
}
