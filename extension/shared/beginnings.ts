// What the workers of the web host are given to begin with, since they read no files. In Node the server and its worker
// read the same texts from beside themselves.

/** Files of `dist`: data that the build writes, each a JSON text. */
export const TEXTS = ["runtime.json", "policies.json", "libraries.json"] as const;

/**
 * `runtime.json`: the library that rules are compiled with. `policies.json`: presets by name.
 * `libraries.json`: what the TypeScript service is told of the rules' world.
 */
export type Texts = Readonly<Record<(typeof TEXTS)[number], string>>;

/** The first message to a worker, before it listens to anything else. */
export type Beginning = {
  texts: Texts;
  /** To the compiler's worker: where the language server speaks. To the language server: where it wishes for one. */
  port: MessagePort;
};

/** Only the client can start workers that VS Code knows of. `worker` is the server's own number for each. */
export type WorkerWish = { worker: number } & ({ begin: MessagePort } | { end: true });

/** What the client tells of a worker that it started. */
export type WorkerEnd = { worker: number; why: string };
