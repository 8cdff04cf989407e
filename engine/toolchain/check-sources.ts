// What an editor wants to know of a project while it is typed: all that a build would say, without a build's code, and
// what no build says, since it leaves out what nobody calls.

import { fromAsc } from "./asc-diagnostics.ts";
import { compilerOf, compileWith, onceMoreFresh, RELEASE_ENTRY, typeDiagnostics } from "./compile.ts";
import { bySource } from "./diagnostics.ts";
import { isError, type Library, type Parsed, withParsed } from "./parse-project.ts";
import type { Checked, Project } from "./project.ts";
import type { Transformed } from "./transform.ts";
import { compileUncalled } from "./uncalled.ts";

/** What the glue calls are the rules. The engine that calls the glue is the same for every project, and compiles. */
const RULES_ENTRY = { text: 'export { __callRule, __callPricing } from "haggle-rules";\n', behindGlue: true };

/** Checks a project; see `Compiler`. */
export function check(library: Library, project: Project): Checked {
  const entry = library.isPlain ? { text: RELEASE_ENTRY, behindGlue: false } : RULES_ENTRY;
  const options = { debug: false, withoutRules: false, wantsMap: false, entry };
  return onceMoreFresh<Checked>(
    library,
    () => withParsed(library, project, options, checkParsed),
    (diagnostics) => ({ diagnostics, rules: [], stage: "syntax", uncalled: [] }),
  );
}

function checkParsed(parsed: Parsed): Checked {
  const rules = rulesOf(parsed.transformed);
  if (!parsed.ok) {
    const { stage, diagnostics, transformed } = parsed;
    const others = stage === "syntax" ? (transformed?.diagnostics ?? []) : [];
    return { diagnostics: [...diagnostics, ...others], rules, stage, uncalled: [] };
  }
  const { program, transformed } = parsed;
  const { compiler, symbols } = compilerOf(parsed);
  return compileWith(compiler, transformed.diagnostics, () => {
    compiler.compile();
    const built = typeDiagnostics(parsed, symbols);
    const before = program.diagnostics.length;
    const uncalled = compileUncalled(compiler, parsed.sources);
    const ofUncalled = fromAsc(program.diagnostics.slice(before), "BUILD_TYPE");
    return {
      diagnostics: ofUncalled.length === 0 ? built : [...built, ...ofUncalled].sort(bySource),
      rules,
      stage: "types",
      uncalled: built.some(isError) ? [] : uncalled,
    };
  });
}

function rulesOf(transformed: Transformed | undefined): Checked["rules"] {
  return (transformed?.rules ?? []).map(({ metadata, ...places }) => ({ ...metadata, ...places }));
}
