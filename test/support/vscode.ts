// A real VS Code in a real browser: code-server with the packaged extension installed, over a workspace of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "playwright-core";
import { childEnv } from "./child-env.ts";
import { removeFolder } from "./remove-folder.ts";
import { findVscode } from "./vscode-folder.ts";

const REPO = join(import.meta.dirname, "../..");
const TEMPLATE = join(REPO, "engine/cli/templates/project");
const OVERLAY = join(REPO, "test/extension/in-host/workspace");

/** Nothing that asks the world outside, or that opens by itself. */
const SETTINGS = {
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  "git.enabled": false,
  "telemetry.telemetryLevel": "off",
  "typescript.disableAutomaticTypeAcquisition": true,
  "update.mode": "none",
  "workbench.enableExperiments": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

export type Vscode = Awaited<ReturnType<typeof startVscode>>;

/**
 * Starts it with a VSIX; `settings` are the user's own, beside those that keep it quiet. Every workspace is trusted unless
 * `asksForTrust`.
 */
export async function startVscode({
  vsix,
  settings = {},
  asksForTrust = false,
}: {
  vsix: string;
  settings?: object;
  asksForTrust?: boolean;
}) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-vscode-"));
  const { node, codeServer } = findVscode();
  const data = join(folder, "data");
  await mkdir(join(data, "User"), { recursive: true });
  await writeFile(join(data, "User", "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }));
  const common = ["--user-data-dir", data, "--extensions-dir", join(folder, "extensions")];
  const env = {
    ...childEnv(),
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_DATA_HOME: join(folder, "share"),
    // Else it asks Open VSX what there is.
    EXTENSIONS_GALLERY: "{}",
  };
  const start = (args: string[]) =>
    // A group of its own: its processes have children.
    spawn(node, [codeServer, ...common, ...args], { cwd: folder, env, stdio: "pipe", detached: true });

  const installed = start(["--install-extension", vsix, "--force"]);
  const told = collect(installed);
  if ((await exitOf(installed)) !== 0) throw new Error(`code-server does not take the VSIX:\n${told()}`);

  const server = start([
    ...["--bind-addr", "127.0.0.1:0", "--auth", "none", "--disable-telemetry", "--disable-update-check"],
    "--disable-getting-started-override",
    ...(asksForTrust ? [] : ["--disable-workspace-trust"]),
  ]);
  const log = collect(server);
  const authority = await addressOf(server, log);

  return {
    authority,
    /** What it has said so far. */
    log,
    /** A fresh project, as `haggle init` makes one, with what tests add; a path. */
    async makeWorkspace(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
      const path = join(folder, name);
      await cp(TEMPLATE, path, { recursive: true });
      await cp(OVERLAY, path, { recursive: true });
      for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
      return path;
    },
    /** Opens a folder in a page; `payload` is what VS Code takes from its address. */
    async open(page: Page, workspace: string, payload: readonly [string, string][] = []): Promise<void> {
      const address = new URL(`http://${authority}/`);
      address.searchParams.set("folder", workspace);
      address.searchParams.set("payload", JSON.stringify(payload));
      await page.goto(address.href);
      await page.locator(".monaco-workbench").waitFor();
    },
    /** Tells every language server of the extension in it; returns how many there are. Linux alone tells which. */
    async signalLanguageServers(signal: NodeJS.Signals): Promise<number> {
      const found = await findProcesses(
        (command) => command.includes(folder) && command.includes("server.mjs"),
      );
      for (const pid of found) process.kill(pid, signal);
      return found.length;
    },
    /** The address of a file in it, as VS Code has it. */
    remote: (path: string) => `vscode-remote://${authority}${path}`,
    async close(): Promise<void> {
      const ended = exitOf(server);
      process.kill(-server.pid!, "SIGKILL");
      await ended;
      await removeFolder(folder);
    },
  };
}

async function findProcesses(isMeant: (command: string) => boolean): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const commands = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
  const isMeantAt = (await Promise.all(commands)).map(isMeant);
  return pids.filter((_, at) => isMeantAt[at]).map(Number);
}

/** Everything that a program has said. */
function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = "";
  for (const stream of [stdout, stderr])
    stream?.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  return () => text;
}

async function addressOf(server: ChildProcess, log: () => string): Promise<string> {
  let address: string | undefined;
  for await (const line of createInterface({ input: server.stdout! })) {
    address = /HTTP server listening on http:\/\/(127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address !== undefined) break;
  }
  if (address === undefined) throw new Error(`code-server has ended:\n${log()}`);
  // Whoever reads no further lines has stopped the stream, and a program whose output nobody takes stands still.
  server.stdout!.resume();
  return address;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}
