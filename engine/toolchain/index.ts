export { didYouMean } from "./bans.ts";
export {
  type Build,
  type BuildOptions,
  build,
  CHANNEL_LIFE_MS,
  defaultPromotions,
  signChannel,
  signRelease,
  signRoot,
  unnamedRules,
} from "./build.ts";
export type { CheckCode, CheckReport, Finding, Severity, Undecided } from "./check/finding.ts";
export { type CheckOptions, checkPromotions } from "./check/index.ts";
export { createCompiler } from "./compiler.ts";
export { bySource, type Diagnostic, formatDiagnostic } from "./diagnostics.ts";
export { meter, movedOffset } from "./meter.ts";
export type { Metered } from "./meter-write.ts";
export {
  type Compiled,
  type CompileOptions,
  type Compiler,
  type Project,
  RULE_SUFFIX,
  type RuntimeSources,
} from "./project.ts";
export { signBundle } from "./sign.ts";
