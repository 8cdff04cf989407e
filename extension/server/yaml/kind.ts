// Which files of a project say what runs beside its rules, and what each of them is.

import { BOUNDS_FILES, holdsPromotions, POLICY_FILES } from "@haggle/toolchain/project-files";

export type FileKind = "strategies" | "promotions" | "policy" | "bounds";

const STRATEGIES = /^rules\/(?:.+\/)?strategies\.ya?ml$/;

/** `file` is project-relative, with forward slashes. Undefined for all that is not data of a project. */
export function kindOf(file: string): FileKind | undefined {
  if (holdsPromotions(file)) return "promotions";
  if (POLICY_FILES.includes(file)) return "policy";
  if (BOUNDS_FILES.includes(file)) return "bounds";
  return STRATEGIES.test(file) ? "strategies" : undefined;
}
