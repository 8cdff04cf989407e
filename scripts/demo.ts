import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Config, readConfig, serve } from "@haggle/server";
import { formatDiagnostic } from "@haggle/toolchain";
import { createFolderBuilder, type FolderBuild } from "haggle-cli";
import { buildStorefront } from "./build-storefront.ts";

const REPO = fileURLToPath(new URL("../", import.meta.url));
/** One line per request is for servers that somebody watches. */
const LOG_LEVEL = "warn";

/**
 * The demo on this machine: rules built and signed with its development key, the storefront bundled, the server started.
 * What is built already is not built again.
 */
export async function startDemo(): Promise<void> {
  const config = readConfig({ LOG_LEVEL, ...process.env });
  const out = join(config.dataFolder, "releases");
  const builder = await createFolderBuilder({ project: REPO, data: config.dataFolder, out });
  const [built, hasBuilt] = await Promise.all([builder.update(), buildStorefront()]);
  report(built, hasBuilt);
  if (!built.ok) return;
  const address = await serve(withDevelopmentKey(config));
  console.log(`Haggle listens on ${address}`);
}

/** On a laptop one key has every role, so the server keeps the channel document alive with it. */
function withDevelopmentKey(config: Config): Config {
  const { channel } = config.keys;
  if (config.production || channel.optional === undefined) return config;
  const signer = `file:${join(config.dataFolder, "keys", "development.sk")}`;
  return { ...config, keys: { ...config.keys, channel: { signer } } };
}

function report(built: FolderBuild, hasBuiltStorefront: boolean): void {
  for (const diagnostic of built.diagnostics) console.error(formatDiagnostic(diagnostic));
  if (!built.ok) {
    process.exitCode = 1;
    return;
  }
  const rules = built.changed ? "built and signed" : "unchanged";
  console.log(
    `rules: ${rules}, ${built.promotions.length} promotions, release ${built.release.slice(0, 12)}`,
  );
  console.log(`storefront: ${hasBuiltStorefront ? "built" : "unchanged"}`);
}
