import { readFile } from "node:fs/promises";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Mutant } from "../../mutants/mutants.ts";
import { applyEdits } from "../../mutants/mutate.ts";

/** A change of a file of the server, made when it is loaded and never on disk. */
export type Patch = Pick<Mutant, "file" | "edits">;

const ROOT = join(import.meta.dirname, "../../..");

/** In the process that asks for it, for what it loads from now on. */
export function patchSource(patches: readonly Patch[]): void {
  const edits = new Map<string, Patch["edits"][number][]>();
  for (const patch of patches) {
    const url = pathToFileURL(join(ROOT, patch.file)).href;
    edits.set(url, [...(edits.get(url) ?? []), ...patch.edits]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = edits.get(url);
      return own === undefined ? loaded : { ...loaded, source: applyEdits(String(loaded.source), own) };
    },
  });
}

/** Before a server is started that would end over it. @throws Error when the source has changed, and the patch must follow */
export async function checkPatches(patches: readonly Patch[]): Promise<void> {
  for (const { file, edits } of patches) applyEdits(await readFile(join(ROOT, file), "utf8"), edits);
}

/** Settings of a server that loads these files before its own. */
export function preload(...files: readonly string[]): Record<string, string> {
  return { NODE_OPTIONS: files.map((file) => `--import=${pathToFileURL(file)}`).join(" ") };
}
