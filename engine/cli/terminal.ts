// Where the command line meets the person: streams, colours, and how failures look.

import { relative, resolve } from "node:path";
import type { ReadStream, WriteStream } from "node:tty";
import { explainError, HaggleError } from "@haggle/abi";
import type { Diagnostic } from "@haggle/toolchain";

/** What a verb may see of its process. */
export type Terminal = {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  out(line: string): void;
  err(line: string): void;
  /** For what is longer than lines, and for what is drawn over again. */
  stdout: WriteStream;
  stderr: WriteStream;
  /** For what only a person knows, and for passphrases that are piped in. */
  stdin: ReadStream;
  paint: Paint;
  /** Takes over Ctrl-C, which else ends the process: the signal aborts instead. For verbs that run until told. */
  untilStopped(): AbortSignal;
};

type Colour = "red" | "yellow" | "green" | "cyan" | "dim" | "bold";

export type Paint = (colour: Colour, text: string) => string;

const SGR: Record<Colour, number> = { red: 31, yellow: 33, green: 32, cyan: 36, dim: 2, bold: 1 };

/** Colours only for people: on a terminal, unless `NO_COLOR` (no-color.org) is set to anything but nothing. */
export function createPaint(isTerminal: boolean, env: Terminal["env"]): Paint {
  if (!isTerminal || env.NO_COLOR) return (_, text) => text;
  return (colour, text) => `\u001b[${SGR[colour]}m${text}\u001b[0m`;
}

/** `file:line:column CODE message` with the file as the person's shell would name it, then the hint. */
export function showDiagnostic(terminal: Terminal, root: string, diagnostic: Diagnostic): void {
  const { code, message, hint, severity, line, column } = diagnostic;
  const { paint } = terminal;
  const place =
    diagnostic.file === "" ? "" : `${shown(terminal, resolve(root, diagnostic.file))}:${line}:${column} `;
  const label = severity === "warning" ? paint("yellow", `warning ${code}`) : paint("red", code);
  terminal.err(`${place}${label} ${message}`);
  if (hint !== undefined) terminal.err(`  ${paint("dim", `hint: ${hint}`)}`);
}

export function showError(terminal: Terminal, error: Pick<HaggleError, "code" | "message">): void {
  terminal.err(`${terminal.paint("red", error.code)} ${explainError(error)}`);
}

/** A path as short as it can be said from where the person stands. */
export function shown(terminal: Terminal, path: string): string {
  const short = relative(terminal.cwd, path);
  return short === "" ? "." : short.startsWith("..") ? path : short;
}

/** A path within a command that a person may paste: by itself, or in quotes where a shell would take it apart. */
export function pasted(path: string): string {
  return /^[\p{L}\p{N}_./\\:@%+=,-]+$/u.test(path) ? path : `"${path.replace(/["$`]/g, "\\$&")}"`;
}

/** Text of others as one line of letters: what would move the cursor, colour or turn the line around is spelt out. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`,
  );
}

/** "1 rule", "2 rules". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A digest as people compare it. */
export function shortDigest(digest: string): string {
  return digest.slice(0, SHORT_DIGEST);
}

const SHORT_DIGEST = 12;

/** A failure of the command line itself: wrong verbs and flags. `value` is what was given, if anything. */
export function usageError(message: string, value = ""): HaggleError {
  return new HaggleError("CLI_USAGE", message, value === "" ? {} : { value });
}
