// The cases of a project, without a file system: what they say, and running them.

export { checkCartFields } from "./cart-fields.ts";
export { casesSchema } from "./cases-schema.ts";
export { problemsOf } from "./differences.ts";
export { belongsTo, type Case, type CaseFile, caseFileOf, holdsCases, parseCases } from "./parse-cases.ts";
export {
  type BuiltProject,
  type CaseResult,
  type CaseRunner,
  cartOf,
  createCaseRunner,
  runCases,
} from "./run-cases.ts";
