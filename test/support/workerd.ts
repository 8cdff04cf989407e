// Cloudflare's runtime of workers on this machine: no Node, no file system, no `eval`, and no WebAssembly but what the
// worker was deployed with.

import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { removeFolder } from "./remove-folder.ts";

/** What a worker imports beside its code, by kind: a compiled module, an ArrayBuffer, a text. */
type Deployed = { wasm: Uint8Array } | { data: Uint8Array } | { text: string };

export type Worker = {
  url: string;
  /** Whatever the runtime complained of. */
  complaints(): string;
  close(): Promise<void>;
};

const COMPATIBILITY_DATE = "2026-11-01";

/** Starts a worker that imports these by their names, and that may reach this machine; `close` it. */
export async function startWorker(
  code: string,
  deployed: Readonly<Record<string, Deployed>>,
): Promise<Worker> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-workerd-"));
  await writeFile(join(folder, "worker.js"), code);
  const listed = ['(name = "worker.js", esModule = embed "worker.js")'];
  for (const [name, each] of Object.entries(deployed)) {
    const [kind, body] = Object.entries(each)[0] as [string, Uint8Array | string];
    await writeFile(join(folder, name), body);
    listed.push(`(name = "${name}", ${kind} = embed "${name}")`);
  }
  await writeFile(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [${listed.join(", ")}],
  compatibilityDate = "${COMPATIBILITY_DATE}",
);
`,
  );
  const child = spawn(findWorkerd(), ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let complained = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      complained += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async () => {
    child.kill("SIGKILL");
    await ended;
    await removeFolder(folder);
  };
  const listening = new Promise<number>((resolve) => {
    createInterface(child.stdio[3] as Readable).on("line", (line) => {
      const { event, port } = JSON.parse(line) as { event: string; port: number };
      if (event === "listen") resolve(port);
    });
  });
  const port = await Promise.race([listening, ended]);
  if (port === undefined) {
    await close();
    throw new Error(`workerd did not start: ${complained}`);
  }
  return { url: `http://127.0.0.1:${port}`, complaints: () => complained, close };
}

/** The binary itself: its command is a script that starts it. */
function findWorkerd(): string {
  const require = createRequire(import.meta.url);
  const platform = { win32: "windows" }[process.platform as string] ?? process.platform;
  const arch = process.arch === "x64" ? "64" : process.arch;
  const manifest = createRequire(require.resolve("workerd")).resolve(
    `@cloudflare/workerd-${platform}-${arch}/package.json`,
  );
  return join(dirname(manifest), "bin", process.platform === "win32" ? "workerd.exe" : "workerd");
}
