// An unsigned release of a project. Whoever signs it is not here: no key ever comes to this side.

import { encodeBase64, explainError, HaggleError } from "@haggle/abi";
import type { Diagnostic } from "@haggle/toolchain";
import type { DraftAnswer, DraftProblem, DraftRequest } from "../shared/release.ts";
import type { ProjectTexts } from "./calls.ts";
import type { KeptBuilds } from "./kept-builds.ts";

/** What is wrong with the project is an answer and no error. */
export async function draftRelease(
  builds: Pick<KeptBuilds, "draft">,
  project: ProjectTexts,
  options: Omit<DraftRequest, "root">,
): Promise<DraftAnswer> {
  try {
    const draft = await builds.draft(project, options);
    if (!draft.ok) return { ok: false, problems: errorsIn(draft.diagnostics) };
    const warnings = draft.diagnostics.filter(({ severity }) => severity === "warning").length;
    return { ok: true, bundle: encodeBase64(draft.bundle), release: draft.release, warnings };
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    const problem = { file: "", line: 0, character: 0, code: cause.code, message: explainError(cause) };
    return { ok: false, problems: [problem] };
  }
}

function errorsIn(diagnostics: readonly Diagnostic[]): DraftProblem[] {
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ file, line, column, code, message }) => ({
      ...{ file, line: Math.max(0, line - 1), character: Math.max(0, column - 1) },
      ...{ code, message },
    }));
}
