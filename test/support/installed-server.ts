import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { ENV, type Installed } from "./installed.ts";

// The server that is installed, as a process.

export type InstalledServer = {
  url: string;
  /** Asks it to end, which it does by itself. */
  close(): Promise<void>;
};

export async function startInstalled({ home }: Installed, env: NodeJS.ProcessEnv): Promise<InstalledServer> {
  const server = spawn(join(home, "node_modules/.bin/haggle-server"), {
    cwd: home,
    env: { ...ENV, PORT: "0", LOG_LEVEL: "error", ...env },
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const close = async () => {
    server.kill("SIGTERM");
    expect(await ended).toBe(0);
  };
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.stdout.on("data", (text) => {
        said += text;
        const address = /http:\S+(?=\s)/.exec(said)?.[0];
        if (address !== undefined) resolve(address);
      });
      server.stderr.on("data", (text) => reject(new Error(String(text))));
      server.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
    });
    return { url, close };
  } catch (cause) {
    server.kill("SIGKILL");
    throw cause;
  }
}

/** Signs the project `shop` with keys of its own and publishes it into the release folder of `data`; `root.json` is pinned. */
export async function publishShop({ haggle }: Installed): Promise<void> {
  for (const name of ["alice", "channel"]) await haggle("keys", "new", "--name", name, "--out", "data/keys");
  const roles = ["root", "release"].map((role) => `${role}=data/keys/alice.pk`);
  const flags = [...roles, "channel=data/keys/channel.pk"].flatMap((role) => ["--role", role]);
  await haggle("keys", "root", ...flags);
  await haggle("release", "sign", "root.json", "--key", "data/keys/alice.sk", "--yes");
  await haggle("release", "draft", "shop", "--root", "root.json", "--out", "draft");
  await haggle("release", "sign", "draft", "--key", "data/keys/alice.sk", "--yes");
  const to = ["--folder", "data/releases", "--root", "root.json"];
  await haggle("release", "publish", "draft", ...to, "--channel-key", "data/keys/channel.sk");
}
