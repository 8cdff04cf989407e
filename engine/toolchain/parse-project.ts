// The first stages of both build and check: a project's sources and the library into one of asc's programs, its syntax
// errors, and the transform. Each stage needs what came before.

import { MEMORY_PAGES, STATIC } from "@haggle/abi";
import {
  ASC_VERSION,
  type AscOptions,
  type AscProgram,
  type AscSource,
  asc,
  STANDARD_LIBRARY,
} from "./asc.ts";
import { fromAsc } from "./asc-diagnostics.ts";
import { type Diagnostic, diagnosticOf } from "./diagnostics.ts";
import { FellOver } from "./fell-over.ts";
import type { LibraryCache } from "./library-cache.ts";
import { type Project, RULE_SUFFIX, type RuntimeSources } from "./project.ts";
import { GLUE_PATH, type Transformed, transform } from "./transform.ts";

/** What sources are compiled with. */
export type Library = {
  runtime: RuntimeSources;
  /** Nothing is left out and nothing is kept. */
  isPlain: boolean;
  cache: LibraryCache;
};

export type ParseOptions = {
  /** For `@assemblyscript/loader`. */
  debug: boolean;
  withoutRules: boolean;
  wantsMap: boolean;
  /** The source whose exports are compiled. The glue is there before it when it is about the glue. */
  entry: { text: string; behindGlue: boolean };
};

export type Parsed =
  | {
      ok: false;
      diagnostics: Diagnostic[];
      stage: "syntax" | "rules";
      /** Of the sources that could be parsed. */
      transformed?: Transformed;
    }
  | {
      ok: true;
      program: AscProgram;
      sources: AscSource[];
      transformed: Transformed;
      diagnostics: Diagnostic[];
    };

const MAX_SOURCE_BYTES = 4 * 1024 * 1024; // of a project; a bundle of the largest size comes from far less
const RUNTIME_STUB = 0;
const RUNTIME_MINIMAL = 1;
export const OPTIMIZE_LEVEL = 3;
const ENTRY_PATH = "haggle-entry.ts";

/**
 * Calls `use` with the parsed and transformed project, and makes an end of the program's module behind it, whatever comes
 * of it.
 */
export function withParsed<T>(
  library: Library,
  project: Project,
  options: ParseOptions,
  use: (parsed: Parsed) => T,
): T {
  const refused = checkProject(project, options.withoutRules);
  if (refused.length > 0) return use({ ok: false, diagnostics: refused, stage: "syntax" });
  const program = new asc.Program(ascOptions(options));
  let isBroken = false;
  try {
    return use(parse(program, library, project, options));
  } catch (cause) {
    isBroken = isOfBinaryen(cause) || (cause instanceof Error && isOfBinaryen(cause.cause ?? cause));
    throw cause;
  } finally {
    if (!isBroken) program.module.dispose();
  }
}

/** What its C++ throws is no Error, and leaves its memory in the middle of something. */
function isOfBinaryen(cause: unknown): boolean {
  return !(cause instanceof Error);
}

function parse(
  program: AscProgram,
  { runtime, cache }: Library,
  project: Project,
  { debug, entry }: ParseOptions,
): Parsed {
  const { parser } = program;
  const texts = libraryOf(runtime, debug);
  parseLibrary(program, cache, texts, debug);
  for (const path of Object.keys(project.files).filter(isRulePath).sort(byCodeUnits)) {
    parseOwn(program, project.files[path]!, path);
  }
  parseImports(program, cache, texts, project);
  if (!entry.behindGlue) parser.parseFile(entry.text, ENTRY_PATH, true);
  const syntax = fromAsc(program.diagnostics, "BUILD_SYNTAX");

  const sources = ownSources(program);
  if (syntax.some(isError)) {
    const torn = new Set(syntax.map(({ file }) => file));
    const whole = sources.filter(({ normalizedPath }) => !torn.has(normalizedPath));
    return { ok: false, diagnostics: syntax, stage: "syntax", transformed: transform(whole) };
  }
  const transformed = transform(sources);
  const diagnostics = [...syntax, ...transformed.diagnostics];
  if (transformed.diagnostics.some(isError)) return { ok: false, diagnostics, stage: "rules", transformed };
  parser.parseFile(transformed.glue, GLUE_PATH, false);
  if (entry.behindGlue) parser.parseFile(entry.text, ENTRY_PATH, true);
  parseImports(program, cache, texts, project);
  parser.finish();
  return { ok: true, program, sources, transformed, diagnostics };
}

export function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function checkProject({ files }: Project, withoutRules: boolean): Diagnostic[] {
  const paths = Object.keys(files);
  const foreign = paths.filter(
    (path) => !/^rules\/(?:[^/\\]+\/)*[^/\\]+\.ts$/.test(path) || path.includes(".."),
  );
  const size = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  if (size > MAX_SOURCE_BYTES) {
    return [diagnosticOf("", "BUILD_TOO_LARGE", `The rules are larger than ${MAX_SOURCE_BYTES} characters`)];
  }
  if (foreign.length > 0) {
    const hint = "a project is the .ts files below rules/; building runs none of its code";
    return foreign.map((path) => diagnosticOf(path, "BUILD_PROJECT_CODE", "Not a source of rules", hint));
  }
  if (withoutRules || paths.some(isRulePath)) return [];
  const hint = "write one into rules/, such as rules/spend-and-save.rule.ts";
  return [diagnosticOf("", "BUILD_NO_RULES", `No file under rules/ ends in ${RULE_SUFFIX}`, hint)];
}

function isRulePath(path: string): boolean {
  return path.endsWith(RULE_SUFFIX);
}

/** The order of rules decides bytes, so no locale may. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ascOptions({ debug, wantsMap }: ParseOptions): AscOptions {
  const options = new asc.Options();
  const [major, minor, patch] = ASC_VERSION.split(".").map(Number);
  options.bundleMajorVersion = major!;
  options.bundleMinorVersion = minor!;
  options.bundlePatchVersion = patch!;
  options.runtime = debug ? RUNTIME_MINIMAL : RUNTIME_STUB;
  options.exportRuntime = debug;
  options.debugInfo = debug;
  options.sourceMap = wantsMap;
  // An `assert` in a rule guards money, and an index outside its array must stop the rule: both stay.
  options.noAssert = false;
  options.noUnsafe = true;
  options.initialMemory = MEMORY_PAGES;
  options.maximumMemory = MEMORY_PAGES;
  options.memoryBase = STATIC;
  // The profile knows no start section; the loader of debug builds knows no `_initialize`.
  options.exportStart = debug ? null : "_initialize";
  options.optimizeLevelHint = debug ? 0 : OPTIMIZE_LEVEL;
  // Nothing to abort to: `throw` and failed checks become `unreachable`.
  options.globalAliases = new Map([["abort", ""]]);
  // Bulk memory costs one instruction whatever it copies, which fuel could not see; the other one is about floats.
  options.setFeature(asc.FEATURE_BULK_MEMORY, false);
  options.setFeature(asc.FEATURE_NONTRAPPING_F2I, false);
  return options;
}

/**
 * asc's library with ours over it. Release builds allocate from our arena in the place of asc's stub; debug builds
 * have asc's managed runtime, and our arena is one block of its heap.
 */
function libraryOf(runtime: RuntimeSources, debug: boolean): Record<string, string> {
  const library = { ...STANDARD_LIBRARY, ...runtime };
  // Without a slash, so that its `__arena` is compiled in.
  if (debug) library["haggle-debug-arena"] = runtime["haggle/debug-arena"] ?? "";
  return library;
}

function parseLibrary(
  program: AscProgram,
  cache: LibraryCache,
  library: Record<string, string>,
  debug: boolean,
): void {
  for (const [name, text] of Object.entries(library)) {
    if (!name.includes("/")) cache.parseFile(program, text, `~lib/${name}.ts`, false);
  }
  const entry = debug ? "rt/index-minimal" : "rt/index-stub";
  cache.parseFile(program, library[entry]!, `~lib/${entry}.ts`, true);
}

/** Parses what the parsed files import, from the library or the project; asc reports what is not there. */
function parseImports(
  program: AscProgram,
  cache: LibraryCache,
  library: Record<string, string>,
  { files }: Project,
): void {
  const { parser } = program;
  for (let path = parser.nextFile(); path !== null; path = parser.nextFile()) {
    if (path.startsWith("~lib/")) {
      const [name, text] = findSource(library, path.slice("~lib/".length), "");
      cache.parseFile(program, text, `~lib/${name}.ts`, false);
    } else {
      const [name, text] = findSource(files, path, ".ts");
      parseOwn(program, text, `${name}.ts`);
    }
  }
}

/** @throws FellOver for a source that is nested deeper than asc's parser has stack */
function parseOwn({ parser }: AscProgram, text: string | null, path: string): void {
  try {
    parser.parseFile(text, path, false);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = "The source is nested too deeply to be read";
    throw new FellOver([diagnosticOf(path, "BUILD_SYNTAX", message)], cause);
  }
}

function findSource(
  sources: Readonly<Record<string, string>>,
  name: string,
  suffix: string,
): [name: string, text: string | null] {
  for (const candidate of [name, `${name}/index`]) {
    if (Object.hasOwn(sources, candidate + suffix)) return [candidate, sources[candidate + suffix]!];
  }
  return [name, null];
}

function ownSources(program: AscProgram): AscSource[] {
  return program.parser.sources
    .filter(({ normalizedPath }) => normalizedPath.startsWith("rules/"))
    .sort((a, b) => byCodeUnits(a.normalizedPath, b.normalizedPath));
}
