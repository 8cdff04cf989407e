/** Milliseconds since 1970 UTC. An argument everywhere, so that tests and replays can set it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
