// How a client follows a channel: what it accepts, what it remembers, where it looks.

export { maxBytesOf, pathOf, type ReleaseSource, type Wanted } from "./trust/source.ts";
export type { Accepted, Good, TrustState, TrustStore } from "./trust/state.ts";
