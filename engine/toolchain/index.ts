export {
  type Build,
  type BuildOptions,
  build,
  CHANNEL_LIFE_MS,
  defaultPromotions,
  signChannel,
  signRelease,
  signRoot,
} from "./build.ts";
export {
  COMPILER,
  type Compiled,
  type CompileOptions,
  type Compiler,
  createCompiler,
  type Project,
  type RuntimeSources,
} from "./compile.ts";
export { type Diagnostic, formatDiagnostic } from "./diagnostics.ts";
export {
  encodePublicKey,
  encodeSecretKey,
  parsePublicKey,
  parseSecretKey,
  type SecretKey,
  signerFromSecretKey,
  signerFromSeed,
} from "./keys.ts";
export { meter } from "./meter.ts";
export { type SignedDocument, type Signer, signBundle, signDocument } from "./sign.ts";
export { RULE_SUFFIX } from "./transform.ts";
