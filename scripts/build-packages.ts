// Builds what npm publishes into each room's dist/: JavaScript with the abi bundled in, declarations that need no
// source, and what the programs read beside themselves. Each room's `prepack` calls this with its own name.
//
//   node --conditions=haggle-source scripts/build-packages.ts [ROOM...]     all rooms when none is named

import { spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { readRuntimeSources, writeRuntimeSources } from "haggle-cli";
import { buildStorefront } from "./build-storefront.ts";
import { writeDeclarations } from "./declarations.ts";

const REPO = fileURLToPath(new URL("../", import.meta.url));

type Room = {
  /** Files of the room, in the folder that TypeScript takes as its root. */
  source: string;
  platform: "neutral" | "node";
  target: string;
  /** What the program reads beside itself. */
  finish?: (dist: string) => Promise<void>;
  /** Packages that come in too, with their terms, because little of them is used. */
  inside?: string[];
  /** Programs of threads, which are started from files of their own. */
  threads?: string[];
  /** Names in dist/ that `finish` looks after by itself. */
  keeps?: string[];
};

/** Browsers with WebAssembly and Ed25519 in WebCrypto are younger than this syntax. */
const WEB = "es2022";
/** Node 20 has all that the command line and the server use. */
const NODE = "node20";

/** Comes in with those that use it; its licence, 0BSD, asks for nothing. */
const NO_TERMS = ["tslib"];

const ROOMS: Record<string, Room> = {
  sdk: {
    source: "src",
    platform: "neutral",
    target: WEB,
  },
  "engine/toolchain": { source: ".", platform: "neutral", target: WEB },
  "engine/cli": {
    source: ".",
    platform: "node",
    target: NODE,
    finish: writeAssets,
    // Charts of a report: a few hundred kilobytes of 67 MB.
    inside: ["echarts", "zrender"],
  },
  server: {
    source: ".",
    platform: "node",
    target: NODE,
    threads: ["modules/strategies/read-thread.ts"],
    finish: async (dist) => {
      await cp(join(REPO, "server/migrations"), join(dist, "migrations"), { recursive: true });
      await cp(join(REPO, "server/modules/inventory/gate"), join(dist, "gate"), { recursive: true });
      await cp(join(REPO, "server/platform/outbox"), join(dist, "outbox"), { recursive: true });
      const isData = (path: string) => !path.endsWith(".ts");
      await cp(join(REPO, "server/demo"), join(dist, "demo"), { recursive: true, filter: isData });
      await buildStorefront();
    },
    // Built only when it changed, and maybe being served at this moment.
    keeps: ["storefront", "storefront.inputs.json"],
  },
};

type Manifest = {
  exports: Record<string, string | { "haggle-source": string }>;
  /** The package's own names for modules that differ from host to host. */
  imports?: Record<string, { "haggle-source": Record<string, string> }>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  /** Whatever of them is there: a page has its own copy of it. */
  peerDependencies?: Record<string, string>;
};

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(ROOMS)) {
  const room = ROOMS[name];
  if (room === undefined) throw new Error(`No room ${name} is published; these are: ${Object.keys(ROOMS)}`);
  await buildRoom(join(REPO, name), room);
}

async function buildRoom(folder: string, room: Room): Promise<void> {
  const { source, platform, target, threads = [] } = room;
  const dist = join(folder, "dist");
  await empty(dist, room.keeps ?? []);
  const manifest: Manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const { exports, programs, hosts } = entriesOf(manifest);
  await build({
    absWorkingDir: folder,
    entryPoints: [...exports, ...hosts, ...[...programs, ...threads].map((program) => join(source, program))],
    outbase: join(folder, source),
    outdir: dist,
    // All in one folder: programs look for their data beside the file that runs.
    chunkNames: "[name]-[hash]",
    bundle: true,
    // Entries of one package share their modules, so that an error class or a cache is there once.
    splitting: true,
    format: "esm",
    platform,
    target,
    conditions: ["haggle-source"],
    plugins: [
      onlyInside(
        ["@haggle/abi", ...NO_TERMS, ...(room.inside ?? [])],
        Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
      ),
    ],
    legalComments: "none",
    // Puts constants where they are used: the memory map's would else be variables, read again for every record.
    minifySyntax: true,
    logLevel: "warning",
  });
  declare(folder);
  await writeDeclarations({
    entries: [...exports, ...hosts].map((file) => relative(source, file)),
    from: join(folder, "build"),
    bundled: { "@haggle/abi": join(REPO, "engine/abi/build/index.d.ts") },
    to: dist,
  });
  await room.finish?.(dist);
  for (const name of room.inside ?? []) await copyLicence(name, join(dist, "licenses"));
  // npm puts a LICENSE that lies in the package's folder into the package, whatever `files` says.
  await cp(join(REPO, "LICENSE"), join(folder, "LICENSE"));
}

/** A package's source files: what it exports, what its `bin` runs, and what it has a version of for each host. */
function entriesOf({ exports, imports = {}, bin = {} }: Manifest) {
  return {
    exports: Object.values(exports).flatMap((each) =>
      typeof each === "string" ? [] : each["haggle-source"],
    ),
    hosts: Object.values(imports).flatMap((each) => Object.values(each["haggle-source"])),
    programs: Object.values(bin).map((file) => basename(file).replace(/\.js$/, ".ts")),
  };
}

async function empty(folder: string, keep: string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (!keep.includes(name)) await rm(join(folder, name), { recursive: true });
  }
}

/**
 * The room's dependencies and Node's modules stay imports. Of all else only the packages of `inside` come in, the
 * private abi first: anything more is a dependency that nobody declared.
 */
function onlyInside(inside: string[], dependencies: string[]): Plugin {
  return {
    name: "only-inside",
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        // Chosen by the host that runs or bundles the package.
        if (path.startsWith("#")) return { path, external: true };
        const name = path.split("/", path.startsWith("@") ? 2 : 1).join("/");
        if (inside.includes(name)) return undefined;
        if (path.startsWith("node:") || dependencies.includes(name)) return { path, external: true };
        return { errors: [{ text: `${path} is no dependency of this package` }] };
      });
    },
  };
}

/** What is copied into a package keeps its terms beside it. */
async function copyLicence(name: string, licenses: string): Promise<void> {
  const folder = join(REPO, "node_modules", name);
  for (const file of await readdir(folder)) {
    if (/^(?:LICENSE|NOTICE|licenses)\b/i.test(file)) {
      await cp(join(folder, file), join(licenses, name, file), { recursive: true });
    }
  }
}

function declare(folder: string): void {
  const tsc = join(REPO, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", folder], { stdio: "inherit" });
  if (status !== 0) throw new Error(`tsc refuses ${folder}`);
}

/** What `haggle` carries with it: the library that rules are compiled with, and the project that `init` copies. */
async function writeAssets(dist: string): Promise<void> {
  await writeRuntimeSources(join(dist, "runtime"), await readRuntimeSources());
  await cp(join(REPO, "engine/cli/templates"), join(dist, "templates"), { recursive: true });
  await cp(join(REPO, "engine/policies"), join(dist, "policies"), { recursive: true });
}
