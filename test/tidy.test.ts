import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { CODES } from "@haggle/abi";
import { describe, expect, it } from "vitest";
import { followLinks } from "./support/page-links.ts";

// The rules of the house that compiler, linter and knip do not know.

const REPO = join(import.meta.dirname, "..");
const SKIPPED = new Set(["node_modules", "dist", "build", ".git", ".haggle", "vectors"]);
const MAX_LINES = 400;

/**
 * Who may import whom, by package name; nobody else's files by path. Anything not listed here may be imported only
 * when the room's package.json has it as a dependency, which Biome checks.
 */
const LAYERS: Record<string, string[]> = {
  "engine/abi": [],
  sdk: ["@haggle/abi"],
  "engine/toolchain": ["@haggle/abi", "@haggle/sdk"],
  "engine/cli": ["@haggle/abi", "@haggle/sdk", "@haggle/toolchain"],
  server: ["@haggle/abi", "@haggle/sdk"],
  extension: ["@haggle/abi", "@haggle/sdk", "@haggle/toolchain"],
};
/** Run in browsers and workers too. */
const HOST_FREE = ["engine/abi", "sdk", "engine/toolchain"];

type Source = { file: string; text: string };

const texts = listFiles(REPO)
  .filter(
    (file) =>
      /\.(?:ts|mjs|json|md|css|html|wat|svg)$|^\.ci\/run$/.test(file) && !file.includes("package-lock"),
  )
  .map((file) => ({ file, text: readFileSync(join(REPO, file), "utf8") }));
const sources = texts.filter(({ file }) => /\.(?:ts|mjs)$/.test(file));
const shipped = sources.filter(({ file }) => !/^(?:test|scripts)\//.test(file));
const roomSources = (room: string) => shipped.filter(({ file }) => file.startsWith(`${room}/`));

describe("files", () => {
  it(`have at most ${MAX_LINES} lines`, () => {
    const long = sources.filter(({ text }) => text.split("\n").length > MAX_LINES + 1);
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  it("have kebab-case names", () => {
    const odd = sources.filter(
      ({ file }) => !/^(?:[a-z0-9.]+(?:-[a-z0-9.]+)*\/)*[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(file),
    );
    expect(odd.map(({ file }) => file)).toEqual([]);
  });

  it("are there that are to be run before others", () => {
    const order = sources.filter(({ file }) => file === "test/support/longest-first.ts");
    const named = findMatches(order, /"([\w/-]+\.test\.ts)"/g);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ found }) => !existsSync(join(REPO, "test", found)))).toEqual([]);
  });

  it("promise nothing for later", () => {
    expect(findAll(texts, /\b(?:TODO|FIXME|HACK)\b/g)).toEqual([]);
  });

  it("know no machine", () => {
    expect(findAll(texts, /(?<![\w.])\/(?:work|tmp|home|root|Users)\/[\w.-]+/g)).toEqual([]);
  });

  it("have no `any`, AssemblyScript included", () => {
    expect(findAll(sources.map(withoutComments), /(?:[:<|]|\bas) *any\b/g)).toEqual([]);
  });
});

describe("layers", () => {
  it.each(Object.keys(LAYERS))("%s imports only rooms below it", (room) => {
    const wrong = roomSources(room).flatMap(({ file, text }) =>
      importsOf(text)
        .filter((specifier) => !mayImport(room, file, specifier))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(LAYERS))("%s declares no room above it", (room) => {
    const manifest = JSON.parse(readFileSync(join(REPO, room, "package.json"), "utf8"));
    const {
      dependencies = {},
      devDependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
    } = manifest;
    const rooms = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).filter(
      isRoom,
    );
    expect(rooms.filter((name) => !LAYERS[room]!.includes(name))).toEqual([]);
    // Private, so what ships has it inside.
    expect(rooms).not.toContain("@haggle/abi");
    const foreign = Object.keys(devDependencies).filter(isRoom);
    expect(foreign.filter((name) => ![...LAYERS[room]!, "@haggle/runtime"].includes(name))).toEqual([]);
  });

  it("leave the sdk without dependencies", () => {
    expect(JSON.parse(readFileSync(join(REPO, "sdk/package.json"), "utf8")).dependencies ?? {}).toEqual({});
  });

  it.each(HOST_FREE)("%s asks nothing of Node", (room) => {
    // The SDK's half for Node: cryptography by condition, and what only servers and tools import.
    const files = roomSources(room).filter(
      ({ file }) => !/^sdk\/src\/(?:host\/node\.ts|node\.ts|node\/)/.test(file),
    );
    expect(files.filter(({ text }) => importsOf(text).some((name) => name.startsWith("node:")))).toEqual([]);
    expect(findAll(files, /(?<![\w.`])(?:process|Buffer|__dirname|require)\b(?=[.([])/g)).toEqual([]);
  });

  it("keep the server's platform below its modules, and its modules out of each other's stores", () => {
    const wrong = roomSources("server").flatMap(({ file, text }) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith("."))
        .map(
          (specifier) =>
            [
              file,
              relative(REPO, join(REPO, dirname(file), specifier))
                .split(sep)
                .join("/"),
            ] as const,
        )
        .filter(([from, to]) => !isServerImport(from, to))
        .map(([from, to]) => `${from}: ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("let only main and config of the server see the environment", () => {
    const readers = roomSources("server")
      .map(withoutComments)
      .filter(({ text }) => /\bprocess\.env\b/.test(text));
    expect(readers.map(({ file }) => file)).toEqual(["server/main.ts"]);
  });

  it("keep the compiler and the engine out of the half of the extension that lives in VS Code, but what signs", () => {
    const client = roomSources("extension").filter(({ file }) =>
      /^extension\/(?:client|shared)\//.test(file),
    );
    // An author's key stays on this side: neither the language server nor the registry may see it. Types leave nothing
    // of a room in a bundle.
    const signs = ["@haggle/sdk/sign", "@haggle/toolchain/sign"];
    const allowed = (file: string) =>
      file === "extension/client/host/node.ts" ? [...signs, "@haggle/sdk/node"] : signs;
    const wrong = client.flatMap(({ file, text }) =>
      importsOf(withoutTypeImports(text))
        .filter((name) => (isRoom(name) && !allowed(file).includes(name)) || name.includes("/server/"))
        .map((name) => `${file}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("error codes", () => {
  const named = shipped.filter(
    ({ file }) => !/^engine\/abi\/(?:shop-|order-|client-)?error(?:s|-texts)\.ts$/.test(file),
  );

  it("are all given by something", () => {
    const text = named.map((source) => source.text).join("\n");
    expect(CODES.filter((code) => !new RegExp(`["'\`]${code}["'\`]`).test(text))).toEqual([]);
  });

  it("are each there once", () => {
    expect(CODES.filter((code, at) => CODES.indexOf(code) !== at)).toEqual([]);
  });

  it("are in the list wherever text names one", () => {
    const prefixes = [...new Set(CODES.map((code) => code.split("_")[0]))].join("|");
    const known = new Set<string>(CODES);
    const pattern = new RegExp(`@throws [^*]*?\\b((?:${prefixes})_[A-Z0-9_]+)(?![A-Z0-9_*])`, "g");
    const unknown = findAll(named, pattern).filter((found) => !known.has(found.split(" ").at(-1)!));
    expect(unknown).toEqual([]);
  });
});

describe("the modules of the server", () => {
  it("name each table in the header of the one that it belongs to, but for the platform's", () => {
    const folder = join(REPO, "server/migrations");
    const migrations = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const tables = migrations.flatMap((sql) =>
      [...sql.matchAll(/^create table (\w+)/gm)].map(([, name]) => name!),
    );
    expect(tables.length).toBeGreaterThan(50);
    const named = roomSources("server")
      .filter(({ file }) => /^server\/modules\/[^/]+\/index\.ts$/.test(file))
      .flatMap(({ text }) => {
        const header = text.split("\nimport ")[0]!.replaceAll("\n//", "");
        return /\bTables: ([^.]*)\./.exec(header)?.[1]?.match(/\w+/g) ?? [];
      });
    const platform = roomSources("server/platform").map(({ text }) => text);
    const isPlatforms = (table: string) => platform.some((text) => new RegExp(`\\b${table}\\b`).test(text));
    const homes = (table: string) => named.filter((name) => name === table).length;
    const odd = tables.filter((table) => homes(table) !== 1 && !(homes(table) === 0 && isPlatforms(table)));
    expect(odd, "`Tables:` at the top of the index.ts of a module in server/modules").toEqual([]);
  });
});

describe("the pages", () => {
  const pages = texts.filter(({ file }) => /^[A-Z]+\.md$/.test(file));
  const { scripts } = JSON.parse(readFileSync(join(REPO, "package.json"), "utf8"));

  it("name npm scripts that exist", () => {
    const named = findMatches(pages, /\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ found }) => !Object.hasOwn(scripts, found))).toEqual([]);
  });

  it("name verbs of haggle that exist", () => {
    const verbs = readdirSync(join(REPO, "engine/cli/verbs")).map((file) => file.replace(/\.ts$/, ""));
    const named = findMatches(pages, /(?:\bnpx |`|^|npm run haggle -- )haggle ([a-z]+)/gm);
    expect(named.filter(({ found }) => !verbs.includes(found))).toEqual([]);
  });

  it("name proofs in SECURITY that exist", () => {
    const security = pages.filter(({ file }) => file === "SECURITY.md");
    const named = findMatches(security, /`(test\/[\w./-]+)`/g);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ found }) => !existsSync(join(REPO, found)))).toEqual([]);
  });

  it("link to files and headings that exist, as those of every room do", () => {
    const { links, dead } = followLinks(REPO, listFiles(REPO));
    expect(links).toBeGreaterThan(50);
    expect(dead).toEqual([]);
  });
});

function mayImport(room: string, file: string, specifier: string): boolean {
  if (specifier.startsWith(".")) {
    const target = relative(join(REPO, room), join(REPO, dirname(file), specifier));
    return !target.startsWith("..") && !target.split(sep).includes("node_modules");
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return !isRoom(name) || LAYERS[room]!.includes(name);
}

function isRoom(name: string): boolean {
  return name.startsWith("@haggle/") || name === "haggle-cli" || name === "haggle-rules";
}

/** Both relative to the repository. */
function isServerImport(from: string, to: string): boolean {
  const moduleOf = (file: string) => /^server\/modules\/([^/]+)\//.exec(file)?.[1];
  const [own, other] = [moduleOf(from), moduleOf(to)];
  if (from.startsWith("server/platform/")) return to.startsWith("server/platform/");
  if (own === undefined) return true;
  if (other === undefined) return to.startsWith("server/platform/");
  return own === other || to.endsWith("/service.ts");
}

function importsOf(text: string): string[] {
  const pattern = /^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(pattern)].map(([, a, b, c]) => (a ?? b ?? c)!);
}

function withoutTypeImports(text: string): string {
  return text.replace(/^(?:import|export) type\b[^;]*?\bfrom\s+"[^"]+";/gm, "");
}

/** The same number of lines. Texts with comment signs in them lose more, which is no matter for what is asked here. */
function withoutComments({ file, text }: Source): Source {
  const blank = (comment: string) => comment.replace(/[^\n]/g, " ");
  return { file, text: text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, blank) };
}

/** `file:line text` of each place, this file's own patterns apart. */
function findAll(files: readonly Source[], pattern: RegExp): string[] {
  return findMatches(files, pattern).map(({ at, text }) => `${at} ${text}`);
}

function findMatches(files: readonly Source[], pattern: RegExp) {
  return files
    .filter(({ file }) => file !== "test/tidy.test.ts")
    .flatMap(({ file, text }) =>
      [...text.matchAll(pattern)].map((match) => ({
        at: `${file}:${text.slice(0, match.index).split("\n").length}`,
        text: match[0],
        found: match.slice(1).find((group) => group !== undefined) ?? match[0],
      })),
    );
}

/** Relative to the repository, with forward slashes; without what is built or installed. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : listFiles(path);
    return entry.isFile() ? [relative(REPO, path).split(sep).join("/")] : [];
  });
}
