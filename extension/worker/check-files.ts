// What is wrong with the files of a project that stand beside its rules.

import { ABI_VERSION, type Policy, type RuleMetadata } from "@haggle/abi";
import type { Diagnostic } from "@haggle/toolchain";
import { checkStrategyFile, readProjectData } from "@haggle/toolchain/project-files";
import type { OpenProject } from "../shared/project-files.ts";

export type FilesToCheck = Pick<OpenProject, "data" | "strategies"> & {
  /** Undefined while nobody knows them: then only what needs none of them is said. */
  rules: readonly RuleMetadata[] | undefined;
};

/** Of strategies, promotions, policy and bounds; the same that `haggle build` and a server say of them. */
export function checkFiles(
  { data, strategies, rules }: FilesToCheck,
  presets: Readonly<Record<string, Policy>>,
): Diagnostic[] {
  const found = Object.entries(strategies).flatMap(([file, text]) => checkStrategyFile(file, text, rules));
  const { check } = readProjectData(data, presets);
  const metadata = { abi: ABI_VERSION, compiler: "", symbols: [], reads: 0, rules: [...(rules ?? [])] };
  const all = check?.(metadata) ?? [];
  return [
    ...found,
    ...(rules === undefined ? all.filter(({ code }) => /^CLI_(?:NOT_|FILE)/.test(code)) : all),
  ];
}
