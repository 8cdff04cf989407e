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

/** `chinese` is Node again, with an editor in Chinese. */
type Host = "node" | "chinese" | "web";

/** What runs in which host, in this order. Each is a file. */
const AREAS: Record<Host, readonly string[]> = {
  node: ["language", "data", "runs", "views", "release", "restart"],
  chinese: ["chinese"],
  web: ["language", "web"],
};

/** The names of all tests of a host by area, in the order in which they run. */
export async function listInHostTests(host: Host): Promise<{ area: string; names: string[] }[]> {
  const areas = new Set(Object.values(AREAS).flat());
  const forgotten = (await readdir(FOLDER)).filter(
    (file) => file.endsWith(".ts") && file !== SUPPORT && !areas.has(basename(file, ".ts")),
  );
  if (forgotten.length > 0) throw new Error(`no host runs ${forgotten}`);
  return Promise.all(
    AREAS[host].map(async (area) => {
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

/** Bundles the tests of a host into the script that VS Code loads as an extension's tests. */
export async function bundleInHostTests({
  host,
  report,
  settings = {},
  outfile,
}: {
  host: Host;
  /** Where results are told. */
  report: string;
  settings?: Record<string, string>;
  outfile: string;
}): Promise<void> {
  const areas = AREAS[host];
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
    platform: host === "web" ? "browser" : "node",
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
