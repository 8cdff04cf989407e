// What the flags of a channel are: the same for the server's OFREP and for the providers of OpenFeature.

export { experimentFlag, pausedFlag } from "./flags/experiment-flag.ts";
export type { Flag, FlagReason } from "./flags/flag.ts";
export { listParameterFlags } from "./flags/parameter-flags.ts";
export { RELEASE_PREFIX, releaseFlag } from "./flags/release-flag.ts";
