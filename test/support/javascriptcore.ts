// JavaScriptCore, the engine of Safari, as a program: Debian has its shell in `libjavascriptcoregtk-4.0-bin`.

import { spawn } from "node:child_process";
import { createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { findProgram } from "./browser-path.ts";
import type { Question } from "./shell-globals.ts";

/** What stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Several times what it takes beside other tests, and before the test gives up, which would leave it running. */
const ENDS_WITHIN_MS = 50_000;

/** The path of its shell, when the machine has one: no test needs it. */
export function findJavaScriptCore(): string | undefined {
  return process.env.HAGGLE_JSC ?? findProgram(["jsc"]);
}

/** Runs a module in it, answers its questions, and resolves with the lines that it prints besides. */
export async function runInJavaScriptCore(folder: string, module: string): Promise<string[]> {
  const shell = spawn(findJavaScriptCore()!, ["-m", module], {
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
    timeout: ENDS_WITHIN_MS,
    killSignal: "SIGKILL",
  });
  const ended = once(shell, "close");
  ended.catch(() => {});
  // How it ended says more than that nobody reads any more.
  shell.stdin.on("error", () => {});
  const lines: string[] = [];
  for await (const line of createInterface({ input: shell.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.startsWith('{"ask":')) shell.stdin.write(`${answer(JSON.parse(line))}\n`);
    else lines.push(line);
  }
  const [code, signal] = await ended;
  if (code !== 0) throw new Error(`JavaScriptCore ended with ${code ?? signal}`);
  return lines;
}

function answer(question: Question): string {
  const bytes = (text: string) => Buffer.from(text, "base64");
  if (question.ask === "hmac")
    return createHmac("sha256", bytes(question.key)).update(bytes(question.message)).digest("base64");
  if (question.ask === "digest") return createHash("sha256").update(bytes(question.bytes)).digest("base64");
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, bytes(question.key)]),
    format: "der",
    type: "spki",
  });
  return String(verify(null, bytes(question.message), key, bytes(question.signature)));
}
