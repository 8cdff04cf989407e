// What an editor wants to know of a project while it is typed: all that a build would say, without a build's code.

import {
  compilerOf,
  compileWith,
  onceMoreFresh,
  RELEASE_ENTRY,
  typeDiagnostics,
  withUncalled,
} from "./compile.ts";
import { isError, type Library, type Parsed, withParsed } from "./parse-project.ts";
import type { Checked, Project } from "./project.ts";
import type { Transformed } from "./transform.ts";

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
  const { compiler, symbols } = compilerOf(parsed);
  compileWith(compiler, parsed.transformed.diagnostics, () => compiler.compile());
  const built = typeDiagnostics(parsed, symbols);
  const { diagnostics, uncalled } = withUncalled(parsed, compiler, built);
  return { diagnostics, rules, stage: "types", uncalled: built.some(isError) ? [] : uncalled };
}

function rulesOf(transformed: Transformed | undefined): Checked["rules"] {
  return (transformed?.rules ?? []).map(({ metadata, ...places }) => ({ ...metadata, ...places }));
}
