export { logBeta } from "./log-beta.ts";
export { boundaryOf, boundMeanDifference, type Moments } from "./mean.ts";
export { type Bounds, boundRate, boundRateDifference, type Counts, logEvidence } from "./rate.ts";
