// What stands above a rule. The server says what there is, the client how it is called, in the user's language.

/** In `data` of each lens. */
export type LensData =
  /** The first case; without one, `cases` is 0 and a cart is asked for. */
  | { kind: "run" }
  /** Without a case it stands there too, and says where one comes from. */
  | { kind: "runAll"; cases: number }
  | { kind: "trace" }
  | { kind: "facts"; priority: number; group?: string; phase?: string; template: boolean }
  | { kind: "uses"; count: number };

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
