// A file of strategies as it was written, against the rules of a project.

import { checkStrategies, isWholeStrategies, type RuleMetadata, type StrategyFault } from "@haggle/abi";
import { bySource, type Diagnostic } from "../diagnostics.ts";
import { didYouMean } from "../did-you-mean.ts";
import { readSource } from "./source.ts";

/** Everything that is wrong with a file of strategies. Without `rules` any rule and any parameters will do. */
export function checkStrategyFile(
  file: string,
  text: string,
  rules: readonly RuleMetadata[] | undefined,
): Diagnostic[] {
  // A server reads it as YAML, whatever its name.
  const source = readSource(file.endsWith(".json") ? `${file}.yaml` : file, text);
  const isTorn = !isWholeStrategies(text);
  if (source.faults.length > 0) {
    return source.faults.map((fault) => {
      const isTooLarge = fault.code === "CLI_FILE_TOO_LARGE";
      return { ...fault, file, code: isTooLarge ? "STRATEGY_TOO_LARGE" : "STRATEGY_NOT_YAML" };
    });
  }
  const { faults } = checkStrategies(source.value, { rules, near: didYouMean });
  const all: StrategyFault[] =
    isTorn && !faults.some(({ code }) => code === "STRATEGY_TORN") ? [TORN, ...faults] : faults;
  return all.map(({ path, ...fault }) => ({ ...source.faultAt(path, fault), file })).sort(bySource);
}

const TORN: StrategyFault = {
  severity: "error",
  code: "STRATEGY_TORN",
  path: ["end"],
  message: "The last line is not `end:` with the version that the file begins with",
};
