import type { Things } from "./tenancy.ts";

export type Question = {
  /** With the ids of the other tenant's things. The route's own url when left out. */
  path?: (their: Things) => string;
  body?: object | ((their: Things) => object);
  headers?: (their: Things) => Record<string, string>;
  /** What he is told: that there is no such thing. */
  is: number;
  /** What he asked for is in the answer, though nothing else is. */
  repeats?: string;
  /** What its owner is told, who gets it where that is left out. */
  ownerIs?: number;
};

/** Nothing of anybody can be named in it, or it is the server's own. */
export const NOBODYS = "nobody's";
/** He makes one of his own under the same name. */
export const OWN = "his own";

export type Told = typeof NOBODYS | typeof OWN;

/** A list: of his own things. */
export const list = { is: 200 } as const;
