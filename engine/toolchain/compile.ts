// Rule sources to WebAssembly, by driving asc's classes directly: its command-line front end ends the process when it
// crashes and reads configuration from the project, and building must do neither.

import { ABI_VERSION, MAX_SYMBOLS } from "@haggle/abi";
import { ASC_VERSION, type AscCompiler, type AscModule, asc } from "./asc.ts";
import { diagnosticAt, fromAsc } from "./asc-diagnostics.ts";
import { bySource, type Diagnostic, diagnosticOf, type Place } from "./diagnostics.ts";
import { FellOver } from "./fell-over.ts";
import { lowerRules } from "./lowering.ts";
import { isError, type Library, OPTIMIZE_LEVEL, type Parsed, withParsed } from "./parse-project.ts";
import type { Compiled, CompileOptions, Project } from "./project.ts";
import { DEBUG_MAP_NAME, withoutSourceMappingUrl } from "./source-map.ts";
import { compileUncalled } from "./uncalled.ts";

/** What a build writes about its compiler into the bundle. */
const COMPILER = `assemblyscript ${ASC_VERSION}`;

/** What a host calls. */
export const RELEASE_ENTRY = 'export { evaluate, resume } from "haggle/engine";\n';
const DEBUG_ENTRY = `${RELEASE_ENTRY}export { trace } from "haggle/trace";\n`;

/** Compiles a project; see `Compiler`. */
export function compile(library: Library, project: Project, options: CompileOptions): Compiled {
  const { debug = false, withoutRules = false, sourceMap: wantsMap = debug } = options;
  const entry = { text: debug ? DEBUG_ENTRY : RELEASE_ENTRY, behindGlue: false };
  return onceMoreFresh<Compiled>(
    library,
    () =>
      withParsed(library, project, { debug, withoutRules, wantsMap, entry }, (parsed) =>
        parsed.ok
          ? compileParsed(parsed, { debug, wantsMap })
          : { ok: false, diagnostics: parsed.diagnostics },
      ),
    (diagnostics) => ({ ok: false, diagnostics }),
  );
}

/**
 * What `run` comes to. Where it falls over trees of the library that were kept, it runs once more with fresh ones: what it
 * falls over then is the author's to mend, and `fallen` says what comes of it.
 */
export function onceMoreFresh<T>(
  { cache }: Pick<Library, "cache">,
  run: () => T,
  fallen: (diagnostics: Diagnostic[]) => T,
): T {
  const wasWarm = cache.isWarm();
  try {
    return run();
  } catch (cause) {
    cache.forget();
    if (wasWarm) return onceMoreFresh({ cache }, run, fallen);
    if (cause instanceof FellOver) return fallen(cause.diagnostics);
    throw cause;
  }
}

/** asc's compiler over a parsed project, with what rules mean beside AssemblyScript. */
export function compilerOf(parsed: Extract<Parsed, { ok: true }>): {
  compiler: AscCompiler;
  symbols: string[];
} {
  const compiler = new asc.Compiler(parsed.program);
  return { compiler, symbols: lowerRules(compiler, parsed.sources) };
}

/** Does `run`, in which asc compiles. @throws FellOver */
export function compileWith<T>(compiler: AscCompiler, others: readonly Diagnostic[], run: () => T): T {
  try {
    return run();
  } catch (cause) {
    // asc asserts and runs out of stack; what binaryen's C++ throws is no Error at all. The rest is ours.
    const isTheirs =
      !(cause instanceof Error) || cause.name === "AssertionError" || cause instanceof RangeError;
    if (!isTheirs) throw cause;
    const message = cause instanceof Error ? cause.message : "internal error";
    const text = `The compiler fell over: ${message}`;
    const hint = "something in the rules refers to itself, or uses what AssemblyScript does not have";
    const place = compiler.currentFlow.sourceFunction.declaration;
    const diagnostic = place.range.source.isLibrary
      ? diagnosticOf("", "BUILD_TYPE", text, hint)
      : diagnosticAt(place, "BUILD_TYPE", text, hint);
    throw new FellOver([diagnostic, ...others], cause);
  }
}

/** What the types say once everything is compiled, behind what was known before. */
export function typeDiagnostics(
  { program, transformed }: Extract<Parsed, { ok: true }>,
  symbols: readonly string[],
): Diagnostic[] {
  const all = [
    ...fromAsc(program.diagnostics, "BUILD_TYPE", program.parser.sources),
    ...transformed.diagnostics,
  ].filter(isForAuthors);
  if (symbols.length > MAX_SYMBOLS) {
    all.push(diagnosticOf("", "BUILD_TOO_LARGE", `More than ${MAX_SYMBOLS} different texts in the rules`));
  }
  return all;
}

/**
 * What is known, with what is wrong with functions that nobody calls; and the names of these. No bytes are made of the
 * module behind this.
 */
export function withUncalled(
  { program, sources, transformed }: Extract<Parsed, { ok: true }>,
  compiler: AscCompiler,
  built: readonly Diagnostic[],
): { diagnostics: Diagnostic[]; uncalled: Place[] } {
  return compileWith(compiler, transformed.diagnostics, () => {
    const before = program.diagnostics.length;
    const uncalled = compileUncalled(compiler, sources);
    const own = fromAsc(program.diagnostics.slice(before), "BUILD_TYPE", program.parser.sources);
    return { diagnostics: own.length === 0 ? [...built] : [...built, ...own].sort(bySource), uncalled };
  });
}

function compileParsed(
  parsed: Extract<Parsed, { ok: true }>,
  { debug, wantsMap }: { debug: boolean; wantsMap: boolean },
): Compiled {
  const { rules, reads } = parsed.transformed;
  const { compiler, symbols } = compilerOf(parsed);
  const module: AscModule = compileWith(compiler, parsed.transformed.diagnostics, () => compiler.compile());
  const built = typeDiagnostics(parsed, symbols);
  if (built.some(isError)) {
    return { ok: false, diagnostics: withUncalled(parsed, compiler, built).diagnostics };
  }
  if (!debug) module.optimize(OPTIMIZE_LEVEL, 0, false, false);
  const { output, sourceMap } = module.toBinary(wantsMap ? DEBUG_MAP_NAME : null);
  // In this order: it is that of the signed bytes, and the same rules make the same bundle.
  const metadata = {
    ...{ abi: ABI_VERSION, compiler: COMPILER, rules: rules.map(({ metadata }) => metadata) },
    ...{ symbols: [...symbols], reads },
  };
  // Last, since nothing of a function that nobody calls may come into the bytes, nor its texts into their symbols.
  const { diagnostics } = withUncalled(parsed, compiler, built);
  if (diagnostics.some(isError)) return { ok: false, diagnostics };
  const wasm = wantsMap && !debug ? withoutSourceMappingUrl(output) : output;
  return { ok: true, wasm, metadata, ...(sourceMap ? { sourceMap } : {}), diagnostics };
}

/** Authors cannot act on what asc remarks about the library. */
function isForAuthors({ severity, file }: Diagnostic): boolean {
  return severity === "error" || !file.startsWith("~lib/");
}
