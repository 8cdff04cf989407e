import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Config, readConfig, serve } from "@haggle/server";
import { formatDiagnostic } from "@haggle/toolchain";
import { createFolderBuilder, type FolderBuild } from "haggle-cli";
import { buildStorefront } from "./build-storefront.ts";

const REPO = fileURLToPath(new URL("../", import.meta.url));
/** Saved there, a file of strategies prices the demo a moment later. */
const STRATEGIES_DIR = join(REPO, "rules/pricing");
/** One line per request is for servers that somebody watches. */
const LOG_LEVEL = "warn";

/**
 * The demo on this machine: rules built and signed with its development key, the storefront bundled, the server started.
 * What is built already is not built again.
 */
export async function startDemo(): Promise<void> {
  const config = readConfig({ LOG_LEVEL, STRATEGIES_DIR, ...process.env });
  const out = join(config.dataFolder, "releases");
  const builder = await createFolderBuilder({ project: REPO, data: config.dataFolder, out });
  const [built, hasBuilt, sandbox] = await Promise.all([
    builder.update(),
    buildStorefront(),
    startSandbox(config),
  ]);
  report(built, hasBuilt);
  if (!built.ok) {
    sandbox?.stop();
    return;
  }
  const payments = { ...config.payments, ...(sandbox && { sandbox: sandbox.settings }) };
  const address = await serve({ ...withDevelopmentKey(config), payments }, { isDemo: true });
  await sandbox?.tell(`${address}/v1/payments/callbacks/sandbox`);
  console.log(`Haggle listens on ${address}`);
}

/** Who takes the demo's money: a process of its own, which ends with this one. Nobody where an operator names one. */
async function startSandbox({ dataFolder, production, payments }: Config) {
  if (production || payments.sandbox !== undefined) return undefined;
  const secretsFile = join(dataFolder, "keys", "payments-sandbox.secrets");
  const ledger = join(dataFolder, "sandbox", "ledger.ndjson");
  const args = ["--ledger", ledger, "--secrets", secretsFile];
  const child = fork(join(REPO, "server/sandbox/main.ts"), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  // It ends no program, and no program waits for it.
  child.unref();
  child.channel?.unref();
  return {
    settings: { url, secretsFile },
    stop: () => child.disconnect(),
    /** Where what it does is told. */
    async tell(callbackUrl: string): Promise<void> {
      await fetch(`${url}/control`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ url: callbackUrl }),
      });
    },
  };
}

/** On a laptop one key has every role, so the server keeps the channel document alive with it, signs prices and quotes. */
function withDevelopmentKey(config: Config): Config {
  if (config.production) return config;
  const signer = `file:${join(config.dataFolder, "keys", "development.sk")}`;
  const { channel, prices, receipt } = config.keys;
  const own = {
    ...(channel.optional !== undefined && { channel: { signer } }),
    ...(prices.optional !== undefined && { prices: { signer } }),
    ...(receipt.optional !== undefined && { receipt: { signer } }),
  };
  return { ...config, keys: { ...config.keys, ...own } };
}

function report(built: FolderBuild, hasBuiltStorefront: boolean): void {
  for (const diagnostic of built.diagnostics) console.error(formatDiagnostic(diagnostic));
  if (!built.ok) {
    process.exitCode = 1;
    return;
  }
  const unchanged = built.isServed ? "unchanged" : "unchanged, and not live; somebody has published others";
  const rules = built.changed ? "built and signed" : unchanged;
  console.log(
    `rules: ${rules}, ${built.promotions.length} promotions, release ${built.release.slice(0, 12)}`,
  );
  console.log(`storefront: ${hasBuiltStorefront ? "built" : "unchanged"}`);
}
