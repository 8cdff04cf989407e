export {
  type Attribute,
  type Cart,
  type CartCustomer,
  type CartLine,
  type CartShipping,
  type Code,
  findUnknownFields,
  HaggleError,
  type Policy,
  type Promotion,
  type PromotionStatus,
} from "@haggle/abi";
export { findArm } from "./arms.ts";
export { bucketOf, seedOf } from "./bucket.ts";
export { sha256, sha256Hex } from "./crypto.ts";
export type { DecidedLine } from "./decided-line.ts";
export { type Decision, PricedDecision } from "./decision.ts";
export type {
  AddedLine,
  Claim,
  CouponOutcome,
  DecidedLineJson,
  DecisionJson,
  Discount,
  Grant,
  Message,
  PromotionOutcome,
} from "./decision-json.ts";
export {
  type Compile,
  createEngine,
  type Engine,
  type EngineOptions,
  type EvaluateOptions,
} from "./engine.ts";
export { importPublicKey, type PublicKey } from "./keys.ts";
export { type ProfileReport, verifyProfile } from "./profile.ts";
export { RefusedDecision } from "./refused-decision.ts";
export { encodeSignedHashes, sectionKeyId, verifyBundleSignature } from "./signature.ts";
export {
  ALGORITHM_ED25519,
  DELIMITER_SECTION,
  parseSignedModule,
  readSectionName,
  type SectionSignature,
  SIGNATURE_PREAMBLE,
  type SignatureSet,
  type SignedModule,
} from "./signature-section.ts";
export {
  type ChannelFloor,
  MAX_CLOCK_SKEW_MS,
  type ReleaseExpectation,
  type Signers,
  signersOf,
  type Times,
  type TrustedRoot,
  verifyChannel,
  verifyPrices,
  verifyRelease,
  verifyRoot,
  verifySignatures,
} from "./verify.ts";
