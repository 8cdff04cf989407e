// What stands in a project beside its rules, without a file system: promotions, policy, bounds and strategies, their
// schemas, and all that is wrong with them.

export { boundsSchema } from "./bounds.ts";
export { checkData, type Data, type DataSources, readData } from "./check.ts";
export {
  BOUNDS_FILES,
  holdsPromotions,
  POLICY_FILES,
  PROMOTIONS_FILE,
  PROMOTIONS_FOLDER,
  type ProjectData,
  readProjectData,
} from "./data.ts";
export { withoutDates } from "./moments.ts";
export { findPromotionPlaces, type PromotionPlace } from "./places.ts";
export { policySchema } from "./policy-schema.ts";
export { promotionSchema } from "./promotion-schema.ts";
export { makeSchemas, type ProjectSchemas } from "./schemas.ts";
export { type DataSource, readSource } from "./source.ts";
export { checkStrategyFile } from "./strategies.ts";
export { expandVariants } from "./variants.ts";
export { parseYaml, type YamlText } from "./yaml-text.ts";
