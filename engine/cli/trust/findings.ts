import { type Code, explainError, HaggleError } from "@haggle/abi";
import { showMoment } from "./life.ts";

export type Finding = {
  severity: "error" | "warning";
  code: Code;
  /** In the tree, with forward slashes. */
  path: string;
  message: string;
};

/** What an audit has found so far. It goes on behind everything that it finds. */
export type Findings = {
  readonly all: Finding[];
  error(path: string, code: Code, message: string): void;
  warning(path: string, code: Code, message: string): void;
  /** A promise that runs out. */
  soon(path: string, expires: number): void;
  /** The value of `work`; undefined, and an error more, when that refuses. */
  try<T>(path: string, work: () => Promise<T>): Promise<T | undefined>;
};

export function createFindings(): Findings {
  const all: Finding[] = [];
  const add = (severity: Finding["severity"]) => (path: string, code: Code, message: string) =>
    void all.push({ severity, code, path, message });
  const [error, warning] = [add("error"), add("warning")];
  return {
    all,
    error,
    warning,
    soon: (path, expires) => warning(path, "DOCUMENT_EXPIRED", `expires soon, ${showMoment(expires)}`),
    async try(path, work) {
      try {
        return await work();
      } catch (cause) {
        if (!(cause instanceof HaggleError)) throw cause;
        error(path, cause.code, explainError(cause));
        return undefined;
      }
    },
  };
}
