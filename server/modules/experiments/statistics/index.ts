export { believeConversions, type Conversions } from "./conversion.ts";
export {
  type Belief,
  believeLift,
  boundSequentially,
  type Interval,
  type Lift,
  liftOf,
  type Sample,
  sampleOfCounts,
  sampleOfRatio,
  sampleOfSums,
} from "./lift.ts";
export { erfc } from "./normal.ts";
export { checkSampleRatio, chiSquaredTail, type SampleRatio } from "./sample-ratio.ts";
