// Browsers for tests: headless, without any talk to the outside, and pages from a server on this machine.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { findChromium, findProgram } from "./browser-path.ts";
import { removeFolder } from "./remove-folder.ts";
import { skips } from "./skips.ts";

/** For `describe.skipIf`: a laptop without a browser asked for it. */
export const SKIPS_BROWSER = skips("browser");
if (SKIPS_BROWSER) console.warn("!!! HAGGLE_TEST_SKIP=browser: these tests prove nothing about browsers.");

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless Chromium; close it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error("No Chromium on this machine; npm test would have said so");
  return chromium.launch({ executablePath, args: QUIET });
}

/** The path of a Firefox, when the machine has one: no test needs it. */
export function findFirefox(): string | undefined {
  return process.env.HAGGLE_FIREFOX ?? findProgram(["firefox-esr", "firefox"]);
}

/** Opens a page in a headless Firefox with a profile of its own; `close` ends it and removes the profile. */
export async function openInFirefox(url: string): Promise<{ close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "haggle-firefox-"));
  const firefox = spawn(
    findFirefox()!,
    ["--headless", "--no-remote", "--profile", profile, "--new-instance", url],
    { stdio: "ignore", env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" } },
  );
  return {
    async close() {
      await end(firefox);
      await removeFolder(profile);
    },
  };
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

export type ServedFile = { type: string; body: Uint8Array | string };

export type PageServer = {
  url: string;
  /** What a page posted to `/posted/<name>`, as soon as it did. */
  posted(name: string): Promise<string>;
  close(): Promise<void>;
};

/** Serves files by path on 127.0.0.1, which browsers treat as secure, and takes what pages post. */
export async function servePages(files: Readonly<Record<string, ServedFile>>): Promise<PageServer> {
  const arrived = new Map<string, PromiseWithResolvers<string>>();
  const slot = (name: string) => {
    const known = arrived.get(name) ?? Promise.withResolvers<string>();
    arrived.set(name, known);
    return known;
  };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (request.method === "POST" && path.startsWith("/posted/")) {
      slot(path.slice("/posted/".length)).resolve(await readBody(request));
      response.writeHead(204).end();
      return;
    }
    const file = files[path];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": file.type, "cache-control": "no-store" }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    posted: (name) => slot(name).promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
