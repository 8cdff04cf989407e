import { spawn } from "node:child_process";
import type { RunProgram } from "./program.ts";

/** Runs a program of the machine without a shell, and gives it what it reads. */
export const runProgram: RunProgram | undefined = ([command, ...args], input) =>
  new Promise((resolve, reject) => {
    const child = spawn(command!, args, { stdio: "pipe" });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // Whoever ends without having read all of it says by its exit code what it thinks of it.
    child.stdin.on("error", () => {});
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code: code ?? 1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString("utf8") }),
    );
    child.stdin.end(input);
  });
