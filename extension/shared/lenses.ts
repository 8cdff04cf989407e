// What stands above a rule: the server says it, the client which of it somebody wants to see.

/** In `data` of each lens. `run` is of the first case; where there is none, a cart is asked for. */
export type LensData = { kind: "run" | "runAll" | "trace" | "facts" | "uses" };

/** By which setting below `haggle.lenses` each is switched off. */
export const LENS_SETTINGS = {
  run: "run",
  runAll: "run",
  trace: "trace",
  facts: "facts",
  uses: "uses",
} as const satisfies Record<LensData["kind"], string>;

/** The argument of the commands behind lenses that run. */
export type RuleArgument = { root: string; rule: string };

/** The argument of the command that shows who uses a rule: places as `Location`s of the Language Server Protocol. */
export type UsesArgument = {
  uri: string;
  position: { line: number; character: number };
  locations: { uri: string; range: import("./protocol.ts").Range }[];
};
