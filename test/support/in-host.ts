// Runs the tests of test/extension/in-host inside of a VS Code: bundles them into the one script that it loads as its
// extension tests, and takes what they tell by HTTP, which both of its hosts can speak.

import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { build } from "esbuild";

const FOLDER = join(import.meta.dirname, "../extension/in-host");
/** Not a file of tests. */
const SUPPORT = "in-host.ts";

/** What one test came to; `error` when it did not pass. */
export type InHostResult = { area: string; name: string; error?: string; ms: number };

/** The names of all tests by area, which is the name of a file, in the order in which they run. */
export async function listInHostTests(
  areas: readonly string[],
): Promise<{ area: string; names: string[] }[]> {
  const files = await readdir(FOLDER);
  const known = files
    .filter((file) => file.endsWith(".ts") && file !== SUPPORT)
    .map((file) => basename(file, ".ts"));
  const unknown = known.filter((area) => !areas.includes(area));
  if (unknown.length > 0) throw new Error(`nobody runs ${unknown}`);
  return Promise.all(
    areas
      .filter((area) => known.includes(area))
      .map(async (area) => {
        const text = await readFile(join(FOLDER, `${area}.ts`), "utf8");
        return { area, names: [...text.matchAll(/^ +name: "(.+)",$/gm)].map(([, name]) => name!) };
      }),
  );
}

/** Takes the results of one run. */
export async function receiveResults() {
  const results: InHostResult[] = [];
  const ended = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      // The web host asks from another origin.
      response.writeHead(204, { "access-control-allow-origin": "*" }).end();
      const told = Buffer.concat(chunks).toString("utf8");
      if (request.url === "/end") ended.resolve();
      else if (told !== "") results.push(JSON.parse(told));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    results,
    ended: ended.promise,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Bundles the tests of some areas into the script that VS Code loads as an extension's tests. */
export async function bundleInHostTests({
  areas,
  host,
  report,
  settings = {},
  outfile,
}: {
  areas: readonly string[];
  host: "node" | "web";
  /** Where results are told. */
  report: string;
  settings?: Record<string, string>;
  outfile: string;
}): Promise<void> {
  const contents = [
    ...areas.map((area, at) => `import { tests as tests${at} } from "./${area}.ts";`),
    `const areas = { ${areas.map((area, at) => `${JSON.stringify(area)}: tests${at}`).join(", ")} };`,
    RUN,
  ].join("\n");
  await build({
    stdin: { contents, resolveDir: FOLDER, loader: "ts" },
    outfile,
    bundle: true,
    format: "cjs",
    platform: host === "node" ? "node" : "browser",
    target: "es2022",
    external: ["vscode"],
    define: { IN_HOST_SETTINGS: JSON.stringify(settings), REPORT: JSON.stringify(report) },
    logLevel: "warning",
  });
}

/** Bodies are texts, so that the web host need not ask before. */
const RUN = `
const tell = (path, value) => fetch(REPORT + path, { method: "POST", body: value === undefined ? "" : JSON.stringify(value) });
export async function run() {
  let failed = 0;
  for (const [area, tests] of Object.entries(areas)) {
    for (const { name, run } of tests) {
      const startedAt = Date.now();
      let error;
      try {
        await run();
      } catch (cause) {
        failed += 1;
        error = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
      }
      await tell("/result", { area, name, error, ms: Date.now() - startedAt });
    }
  }
  await tell("/end");
  if (failed > 0) throw new Error(failed + " tests failed");
}
`;
