import { resolve } from "node:path";
import { encodeDocument, HaggleError, parsePayload } from "@haggle/abi";
import { createCompiler, draftRelease } from "@haggle/toolchain";
import { readProject } from "../project.ts";
import { readRuntimeSources } from "../runtime-sources.ts";
import { showDiagnostic, shown, type Terminal } from "../terminal.ts";
import { type DraftFolder, unsignedBundle } from "./draft-folder.ts";

/**
 * Builds the project again and compares: the code byte for byte, and what the release says beside it. A signer who does
 * so needs to trust nobody's build. False when it does not build, and then that is shown.
 *
 * @throws HaggleError DOCUMENT_DIGEST_MISMATCH with the part that differs
 */
export async function isBuiltFrom(
  draft: DraftFolder,
  projectPath: string,
  terminal: Terminal,
): Promise<boolean> {
  const project = await readProject(resolve(terminal.cwd, projectPath));
  const { document } = draft.release;
  const { version, issued: now, expires, previous, tenant } = document;
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const built = await draftRelease(project, {
    compiler,
    ...project.data,
    version,
    now,
    expires,
    ...(previous && { previous }),
    ...(tenant && { tenant }),
  });
  for (const diagnostic of built.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
  if (!built.ok) return false;
  const place = shown(terminal, project.root);
  if (Buffer.compare(built.bundle, unsignedBundle(draft.bundle)) !== 0) {
    throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "These sources give another bundle", { at: place });
  }
  const { bundles } = document;
  // Through bytes, so that both have their fields in the order of the format.
  const again = parsePayload("release", encodeDocument({ ...built.release, bundles }));
  const rebuilt: Record<string, unknown> = again;
  const stated: Record<string, unknown> = document;
  const field = Object.keys({ ...rebuilt, ...stated }).find(
    (name) => JSON.stringify(rebuilt[name]) !== JSON.stringify(stated[name]),
  );
  if (field === undefined) return true;
  throw new HaggleError("DOCUMENT_DIGEST_MISMATCH", "This project gives another release", {
    at: `release.${field}`,
  });
}
