import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childEnv } from "./child-env.ts";
import { SERVER } from "./faults/server-process.ts";
import { freePort } from "./free-port.ts";
import { removeFolder } from "./remove-folder.ts";
import { until } from "./server.ts";

// The provider of payments for trying out, as a process of its own.

export type Entry = {
  payment: string;
  key: string;
  kind: "authorise" | "capture" | "void" | "refund";
  amount: number;
  outcome: "succeeded" | "failed" | "pending";
  code?: string;
};

export type SandboxState = {
  held: number;
  underWay: number;
  delivered: number;
  lost: number;
  refused: number;
};

/** How long servers wait for its answers. */
const TIMEOUT_MS = 2_000;

export async function startPaymentsSandbox() {
  const folder = await mkdtemp(join(tmpdir(), "haggle-sandbox-"));
  const [ledger, secrets] = [join(folder, "ledger.ndjson"), join(folder, "secrets")];
  const port = String(await freePort());
  const args = ["--ledger", ledger, "--secrets", secrets, "--port", port];
  let { child, url } = await launch(args);
  let callbacks = "";

  async function ask<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(url + path, {
      ...(body && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function kill(): Promise<void> {
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  return {
    /** Its book, a line an entry. */
    ledgerFile: ledger,
    /** Of servers that take money by it. */
    env: {
      HAGGLE_PAYMENTS_SANDBOX: url,
      HAGGLE_PAYMENTS_SANDBOX_SECRETS: secrets,
      HAGGLE_PAYMENTS_TIMEOUT_MS: String(TIMEOUT_MS),
    },
    readSecrets: async () => (await readFile(secrets, "utf8")).trim().split("\n"),
    /** Before servers read them. */
    writeSecrets: (...lines: string[]) => writeFile(secrets, `${lines.join("\n")}\n`),
    /** From now on its callbacks go there. */
    async tell(server: { url: string }): Promise<void> {
      callbacks = `${server.url}/v1/payments/callbacks/sandbox`;
      await ask("/control", { url: callbacks });
    },
    /** What goes wrong from now on. */
    trouble: (trouble: object): Promise<SandboxState> => ask("/control", trouble),
    state: (): Promise<SandboxState> => ask("/control"),
    release: (order: "sent" | "reversed" = "sent"): Promise<SandboxState> =>
      ask("/control/release", { order }),
    finish: (key: string, outcome: "succeeded" | "failed"): Promise<object> =>
      ask("/control/finish", { key, outcome }),
    entries: async (): Promise<Entry[]> => (await ask<{ entries: Entry[] }>("/ledger")).entries,
    kill,
    /** Again, where it was, with what it had on disk. */
    async restart(): Promise<void> {
      ({ child, url } = await launch([...args, "--callback", callbacks]));
    },
    async close(): Promise<void> {
      if (child.exitCode === null && child.signalCode === null) await kill();
      await removeFolder(folder);
    },
  };
}

async function launch(args: readonly string[]) {
  const main = join(SERVER, "sandbox/main.ts");
  const child = spawn(process.execPath, ["--conditions=haggle-source", main, ...args], {
    env: childEnv(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const url = await until(() => /listens on (\S+)/.exec(said)?.[1]);
  return { child, url };
}
