// What the workers of the web host are given to begin with; in Node they read the same from beside themselves.

/** To the compiler's worker. Texts are those of the files in `dist`. */
export type WorkerBeginning = {
  /** `runtime.json`. */
  runtime: string;
  /** Where the language server speaks. */
  port: MessagePort;
};

/** To the language server. */
export type ServerBeginning = {
  /** `runtime.json`. */
  runtime: string;
  /** `libraries.json`: what TypeScript is told of the rules' own world. */
  libraries: string;
  /** Where the compiler's worker listens. */
  port: MessagePort;
};
