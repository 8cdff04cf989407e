// Rule sources to WebAssembly, by driving asc's classes directly: its command-line front end ends the process when it
// crashes and reads configuration from the project, and building must do neither.

import { ABI_VERSION, MAX_SYMBOLS, MEMORY_PAGES, type RuleMetadata, STATIC } from "@haggle/abi";
import {
  ASC_VERSION,
  type AscCompiler,
  type AscModule,
  type AscOptions,
  type AscProgram,
  type AscSource,
  asc,
  STANDARD_LIBRARY,
} from "./asc.ts";
import { diagnosticAt, fromAsc } from "./asc-diagnostics.ts";
import { type Diagnostic, diagnosticOf } from "./diagnostics.ts";
import { lowerRules } from "./lowering.ts";
import {
  type Compiled,
  type CompileOptions,
  type Project,
  RULE_SUFFIX,
  type RuntimeSources,
} from "./project.ts";
import { DEBUG_MAP_NAME, withoutSourceMappingUrl } from "./source-map.ts";
import { GLUE_PATH, transform } from "./transform.ts";

/** What a build writes about its compiler into the bundle. */
const COMPILER = `assemblyscript ${ASC_VERSION}`;

const MAX_SOURCE_BYTES = 4 * 1024 * 1024; // of a project; a bundle of the largest size comes from far less
const RUNTIME_STUB = 0;
const RUNTIME_MINIMAL = 1;
const ENTRY_PATH = "haggle-entry.ts";
const RELEASE_ENTRY = 'export { evaluate, resume } from "haggle/engine";\n';
const DEBUG_ENTRY = `${RELEASE_ENTRY}export { trace } from "haggle/trace";\n`;

/** Compiles a project; see `Compiler`. */
export function compile(
  runtime: RuntimeSources,
  project: Project,
  { debug = false, withoutRules = false, sourceMap: wantsMap = debug }: CompileOptions,
): Compiled {
  const analysed = analyse(runtime, project, { debug, withoutRules, wantsMap });
  if (!analysed.ok) return analysed;
  const { module, symbols, rules, reads, diagnostics } = analysed;
  try {
    if (!debug) module.optimize(OPTIMIZE_LEVEL, 0, false, false);
    const { output, sourceMap } = module.toBinary(wantsMap ? DEBUG_MAP_NAME : null);
    const metadata = { abi: ABI_VERSION, compiler: COMPILER, rules, symbols, reads };
    const wasm = wantsMap && !debug ? withoutSourceMappingUrl(output) : output;
    return { ok: true, wasm, metadata, ...(sourceMap ? { sourceMap } : {}), diagnostics };
  } finally {
    module.dispose();
  }
}

/** All that `compile` reports, without making code. */
export function check(runtime: RuntimeSources, project: Project): Diagnostic[] {
  const analysed = analyse(runtime, project, { debug: true, withoutRules: false, wantsMap: false });
  if (analysed.ok) analysed.module.dispose();
  return analysed.diagnostics;
}

type Analysed =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      module: AscModule;
      symbols: string[];
      rules: RuleMetadata[];
      reads: number;
      diagnostics: Diagnostic[];
    };

const OPTIMIZE_LEVEL = 3;

/** Parses, transforms and type-checks. The stages end the run one after another: each needs what came before. */
function analyse(
  runtime: RuntimeSources,
  project: Project,
  { debug, withoutRules, wantsMap }: { debug: boolean; withoutRules: boolean; wantsMap: boolean },
): Analysed {
  const refused = checkProject(project, withoutRules);
  if (refused.length > 0) return { ok: false, diagnostics: refused };

  const program = new asc.Program(ascOptions(debug, wantsMap));
  const library = libraryOf(runtime, debug);
  parseLibrary(program, library, debug);
  for (const path of Object.keys(project.files).filter(isRulePath).sort(byCodeUnits)) {
    program.parser.parseFile(project.files[path]!, path, false);
  }
  parseImports(program, library, project);
  program.parser.parseFile(debug ? DEBUG_ENTRY : RELEASE_ENTRY, ENTRY_PATH, true);
  const syntax = fromAsc(program.diagnostics, "BUILD_SYNTAX");
  if (syntax.some(isError)) return { ok: false, diagnostics: syntax };

  const sources = ownSources(program);
  const { rules, reads, glue, diagnostics } = transform(sources);
  if (diagnostics.some(isError)) return { ok: false, diagnostics: [...syntax, ...diagnostics] };
  program.parser.parseFile(glue, GLUE_PATH, false);
  parseImports(program, library, project);
  program.parser.finish();

  const compiler = new asc.Compiler(program);
  const symbols = lowerRules(compiler, sources);
  const module = compileModule(compiler);
  if ("severity" in module) return { ok: false, diagnostics: [module, ...diagnostics] };
  const all = [...fromAsc(program.diagnostics, "BUILD_TYPE"), ...diagnostics].filter(isForAuthors);
  if (symbols.length > MAX_SYMBOLS) {
    all.push(diagnosticOf("", "BUILD_TOO_LARGE", `More than ${MAX_SYMBOLS} different texts in the rules`));
  }
  if (!all.some(isError)) return { ok: true, module, symbols, rules, reads, diagnostics: all };
  module.dispose();
  return { ok: false, diagnostics: all };
}

/** asc has sources that it falls over, such as enums in a circle; they are the author's to mend, not the end of `dev`. */
function compileModule(compiler: AscCompiler): AscModule | Diagnostic {
  try {
    return compiler.compile();
  } catch (cause) {
    // asc asserts and runs out of stack; what binaryen's C++ throws is no Error at all. The rest is ours.
    const isTheirs =
      !(cause instanceof Error) || cause.name === "AssertionError" || cause instanceof RangeError;
    if (!isTheirs) throw cause;
    const message = cause instanceof Error ? cause.message : "internal error";
    const text = `The compiler fell over: ${message}`;
    const hint = "something in the rules refers to itself, or uses what AssemblyScript does not have";
    const place = compiler.currentFlow.sourceFunction.declaration;
    return place.range.source.isLibrary
      ? diagnosticOf("", "BUILD_TYPE", text, hint)
      : diagnosticAt(place, "BUILD_TYPE", text, hint);
  }
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** Authors cannot act on what asc remarks about the library. */
function isForAuthors({ severity, file }: Diagnostic): boolean {
  return severity === "error" || !file.startsWith("~lib/");
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

function ascOptions(debug: boolean, wantsMap: boolean): AscOptions {
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

function parseLibrary(program: AscProgram, library: Record<string, string>, debug: boolean): void {
  for (const [name, text] of Object.entries(library)) {
    if (!name.includes("/")) program.parser.parseFile(text, `~lib/${name}.ts`, false);
  }
  const entry = debug ? "rt/index-minimal" : "rt/index-stub";
  program.parser.parseFile(library[entry]!, `~lib/${entry}.ts`, true);
}

/** Parses what the parsed files import, from the library or the project; asc reports what is not there. */
function parseImports(program: AscProgram, library: Record<string, string>, { files }: Project): void {
  for (let path = program.parser.nextFile(); path !== null; path = program.parser.nextFile()) {
    const own = path.startsWith("~lib/") ? library : files;
    const plain = path.startsWith("~lib/") ? path.slice("~lib/".length) : path;
    const [name, text] = findSource(own, plain, own === files ? ".ts" : "");
    program.parser.parseFile(text, own === library ? `~lib/${name}.ts` : `${name}.ts`, false);
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
