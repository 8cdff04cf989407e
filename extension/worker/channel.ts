// Between the language server and its worker: the same messages in both hosts.

/** Both ends of it look alike. */
export type Channel<Sent, Received> = {
  post(message: Sent): void;
  listen(listener: (message: Received) => void): void;
};

/** What the server tells the worker. */
export type Asked = { id: number; kind: string; argument: unknown } | { abort: number };

/** What the worker tells the server. */
export type Answered =
  | { id: number; value: unknown }
  | { id: number; error: SentError }
  | { id: number; progress: Progress }
  /** Something is still being done, and the worker's thread is not stuck. */
  | { alive: true };

/** How far a call is; `part` is what came of it since the last time, where it tells that. */
export type Progress = { done: number; of: number; part?: unknown };

/** An error without its class, which does not cross. `code` is that of a HaggleError. */
export type SentError = {
  name: string;
  message: string;
  code?: string;
  at?: string | number;
  value?: unknown;
  stack?: string;
};
