// What the workers of the web host are given to begin with, since they read no files. In Node the server and its worker
// read the same texts from beside themselves.

/** Files of `dist`: data that the build writes, each a JSON text. */
export const TEXTS = ["runtime.json", "policies.json", "libraries.json"] as const;

/**
 * `runtime.json`: the library that rules are compiled with. `policies.json`: presets by name.
 * `libraries.json`: what the TypeScript service is told of the rules' world.
 */
export type Texts = Readonly<Record<(typeof TEXTS)[number], string>>;

/** The first message to each of both workers, before they listen to anything else. */
export type Beginning = {
  texts: Texts;
  /** Between the language server and the compiler's worker. */
  port: MessagePort;
};
