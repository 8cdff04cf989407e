// From parsed rule sources to what the compiler and the metadata need: the rules, what they read, and the glue that
// lets the engine in the runtime library call them by index.

import type { ParametersSchema, RuleMetadata } from "@haggle/abi";
import { type AscSource, asc } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import { checkBans } from "./bans.ts";
import { bySource, type Diagnostic, diagnosticOf, type Fix, type Place } from "./diagnostics.ts";
import { changeTo } from "./fixes.ts";
import { checkReasons, phaseOf } from "./makers.ts";
import { NO_PARAMETERS, readParameters } from "./parameters.ts";
import { placeOf } from "./places.ts";
import { RULE_SUFFIX } from "./project.ts";
import { collectRules, type Rule } from "./promo.ts";
import { readsOf, readsOfImported } from "./reads.ts";
import { checkRecursion } from "./recursion.ts";
import { type ClassDeclaration, isBinary, isString, walk } from "./syntax.ts";

export type Transformed = {
  rules: TransformedRule[];
  /** READS_* bits of all sources. */
  reads: number;
  /** The source that defines `__callRule` and `__callPricing`; parse it as `GLUE_PATH`. */
  glue: string;
  diagnostics: Diagnostic[];
};

/** What a bundle says of a rule, and where it is. */
export type TransformedRule = { metadata: RuleMetadata; place: Place; decoratorPlace: Place };

/** A library entry, so that what it exports is global there; its imports climb out to the project's files. */
export const GLUE_PATH = "~lib/haggle-rules.ts";

/** Checks and rewrites the project's parsed sources, which come sorted by path. Reports everything it finds. */
export function transform(sources: AscSource[]): Transformed {
  const found: Diagnostic[] = [];
  const rules: Rule[] = [];
  let reads = 0;
  for (const source of sources) {
    const before = found.length;
    found.push(...checkBans(source));
    checkReasons(source, found);
    turnComparisons(source);
    reads |= readsOf(source);
    const own = collectRules(source, found);
    rules.push(...own);
    if (own.length === 0 && found.length === before && source.normalizedPath.endsWith(RULE_SUFFIX)) {
      const hint = 'mark a function with `@promo(name="...")`, or name the file without `.rule`';
      found.push(diagnosticOf(source.normalizedPath, "BUILD_NO_RULES", "No rule in this file", hint));
    }
  }
  found.push(...checkRecursion(sources), ...duplicateNames(rules));
  const schemas = parameterSchemas(rules, found);
  const described = rules.map((rule) => ({
    metadata: describe(rule, schemas, sources, reads),
    place: placeOf(rule.declaration.name),
    decoratorPlace: placeOf(rule.decorator),
  }));
  return { rules: described, reads, glue: writeGlue(rules), diagnostics: found.sort(bySource) };
}

/** `"eur" == line.sku` becomes `line.sku == "eur"`: the left side decides which comparison is meant. */
function turnComparisons(source: AscSource): void {
  const equality = [asc.Token.Equals_Equals, asc.Token.Exclamation_Equals];
  for (const statement of source.statements) {
    walk(statement, (node) => {
      if (!isBinary(node) || !equality.includes(node.operator)) return;
      if (isString(node.left) && !isString(node.right)) [node.left, node.right] = [node.right, node.left];
    });
  }
}

function duplicateNames(rules: Rule[]): Diagnostic[] {
  const first = new Map<string, Rule>();
  const found: Diagnostic[] = [];
  for (const rule of rules) {
    const other = first.get(rule.name);
    if (other === undefined) {
      first.set(rule.name, rule);
      continue;
    }
    const message = `The rule ${JSON.stringify(rule.name)} is in ${other.source.normalizedPath} too`;
    found.push({
      ...diagnosticAt(
        rule.declaration.name,
        "BUILD_DUPLICATE_RULE",
        message,
        "names are unique in a project",
      ),
      related: [{ ...placeOf(other.declaration.name), message: "the other rule of that name" }],
      fixes: renamed(rule, new Set(rules.map(({ name }) => name))),
    });
  }
  return found;
}

/** The next name that no rule has. */
function renamed({ name, nameNode }: Rule, taken: ReadonlySet<string>): Fix[] {
  if (nameNode === undefined) return [];
  const stem = name.replace(/-\d+$/, "");
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return [changeTo(nameNode, JSON.stringify(`${stem}-${number}`))];
}

/** Two rules may share a class, which is read and marked once. */
function parameterSchemas(rules: Rule[], found: Diagnostic[]): Map<ClassDeclaration, ParametersSchema> {
  const classes = new Set(rules.map((rule) => rule.parameters).filter((each) => each !== undefined));
  return new Map([...classes].map((each) => [each, readParameters(each, found)]));
}

function describe(
  rule: Rule,
  schemas: Map<ClassDeclaration, ParametersSchema>,
  sources: AscSource[],
  allReads: number,
): RuleMetadata {
  const { name, kind, description, priority, group, template } = rule;
  const reads = readsOfImported(rule.source, sources);
  return {
    name,
    kind,
    file: rule.source.normalizedPath,
    function: rule.declaration.name.text,
    ...(description === undefined ? {} : { description }),
    priority,
    ...(group === undefined ? {} : { group }),
    phase: kind === "pricing" ? kind : (rule.phase ?? phaseOf(rule.declaration, sources)),
    ...(template ? { template: true } : {}),
    ...(reads === allReads ? {} : { reads }),
    parameters: rule.parameters === undefined ? NO_PARAMETERS : schemas.get(rule.parameters)!,
  };
}

function writeGlue(rules: Rule[]): string {
  const files = [...new Set(rules.map((rule) => rule.source.internalPath))];
  const imports = files.map((path, index) => `import * as r${index} from "../${path}";\n`);
  const casesOf = (kind: Rule["kind"], given: string) =>
    rules.map((rule, index) => {
      if (rule.kind !== kind) return "";
      const file = `r${files.indexOf(rule.source.internalPath)}`;
      const block = rule.parameters === undefined ? undefined : `${file}.${rule.parameters.name.text}`;
      const parameters = block === undefined ? "" : `, changetype<${block}>(parameters)`;
      return `    case ${index}: return ${file}.${rule.declaration.name.text}(${given}${parameters});\n`;
    });
  return `${imports.join("")}
export function __callRule(rule: u32, context: Context, parameters: usize): Result {
  switch (rule) {
${casesOf("promotion", "context").join("")}  }
  return Result.none();
}

export function __callPricing(rule: u32, context: Context, line: Line, parameters: usize): Money {
  switch (rule) {
${casesOf("pricing", "context, line").join("")}  }
  return line.unitPrice;
}
`;
}
