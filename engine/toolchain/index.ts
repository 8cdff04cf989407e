export {
  type AuditFinding,
  type AuditVerdict,
  type AuditVerification,
  verifyAuditChain,
} from "./audit-chain.ts";
export {
  type Build,
  type BuildOptions,
  build,
  type Draft,
  type DraftOptions,
  draftRelease,
} from "./build.ts";
export type { CheckCode, CheckReport, Finding, Severity, Undecided } from "./check/finding.ts";
export { type CheckOptions, checkPromotions } from "./check/index.ts";
export { createCompiler } from "./compiler.ts";
export { defaultPromotions, unnamedRules } from "./default-promotions.ts";
export {
  bySource,
  type Diagnostic,
  type Edit,
  type Fix,
  formatDiagnostic,
  type Place,
} from "./diagnostics.ts";
export { didYouMean } from "./did-you-mean.ts";
export { editDistance } from "./edit-distance.ts";
export { meter, movedOffset } from "./meter.ts";
export type { Metered } from "./meter-write.ts";
export {
  type Checked,
  type CheckedRule,
  type Compiled,
  type CompileOptions,
  type Compiler,
  type Project,
  RULE_SUFFIX,
  type RuntimeSources,
} from "./project.ts";
export { signBundle } from "./sign.ts";
export { CHANNEL_LIFE_MS, signChannel, signRelease, signRoot } from "./signed-documents.ts";
export { findSourcePlace, type SourcePlace } from "./source-map.ts";
