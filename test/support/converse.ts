import { spawn, spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { childEnv } from "./child-env.ts";
import { MAIN } from "./cli.ts";

/** A terminal for a program: util-linux has it, other systems have a `script` that takes other flags. */
export const hasTerminal = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes(
  "util-linux",
);

/** Runs the command on a terminal of its own, and answers each question when it stands there. */
export function converse(cwd: string, args: string[], answers: [question: string, keys: string][]) {
  const quoted = [process.execPath, "--conditions=haggle-source", MAIN, ...args]
    .map((word) => `'${word}'`)
    .join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", quoted, "/dev/null"], {
    cwd,
    env: { ...childEnv(), NO_COLOR: "1" },
  });
  // One that is not asked what it waits for ends with the test.
  onTestFinished(() => void child.kill());
  let shown = "";
  let from = 0;
  const left = [...answers];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    const [next] = left;
    const found = next === undefined ? -1 : shown.indexOf(next[0], from);
    if (next === undefined || found === -1) return;
    from = found + next[0].length;
    left.shift();
    child.stdin.write(next[1]);
  });
  return new Promise<{ code: number | null; shown: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, shown })),
  );
}
