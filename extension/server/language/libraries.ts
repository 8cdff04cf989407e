// What TypeScript is told of the world of rules: declarations of the runtime library, made from its sources, of asc's
// standard library without what rules may not use, and of the decorators. All of them are texts that people are led to.

import type { RuntimeSources } from "@haggle/toolchain";
import {
  ASC_DECORATORS,
  BANNED_NAMES,
  FLOAT_NAMES,
  NUMBER_MEMBERS,
  NUMBER_TYPES,
} from "@haggle/toolchain/vocabulary";
import ts from "typescript";
import type { ViewLocale } from "../../shared/price.ts";
import { declareDecorators } from "./decorators.ts";

/** Of the runtime library. */
export const RUNTIME_LIBRARY = "haggle.d.ts";
const STANDARD_LIBRARY = "assemblyscript.d.ts";
const DECORATOR_LIBRARY = "decorators.d.ts";

/** The declarations, by path. `standardLibrary` is asc's `std/assembly/index.d.ts`. */
export function librariesOf({
  runtime,
  standardLibrary,
  locale,
}: {
  runtime: RuntimeSources;
  standardLibrary: string;
  locale(): ViewLocale;
}): Readonly<Record<string, string>> {
  return {
    [RUNTIME_LIBRARY]: declareRuntime(runtime),
    [STANDARD_LIBRARY]: declareStandard(standardLibrary),
    // Asked for when the editor has said its language.
    get [DECORATOR_LIBRARY]() {
      return declareDecorators(locale());
    },
  };
}

/** An alias of `number` alone is forgotten where it is shown; one of an intersection is kept. */
const KEPT = "{}";

/** How a field of parameters says its default: the toolchain reads these off the source, and no code of them is left. */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  Tags: [
    "  /** All of them: for what a shop need not fit to itself. Only as the default of a parameter. */",
    "  static any(): Tags;",
    "  /** These, each a text literal. Only as the default of a parameter. */",
    "  static of(...tags: Sym[]): Tags;",
  ],
};

/** What `haggle.ts` exports is global in rule files, and nothing else is. */
function declareRuntime(runtime: RuntimeSources): string {
  const parts: string[] = [];
  for (const statement of parse(runtime.haggle ?? "").statements) {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue;
    if (!ts.isNamedExports(statement.exportClause)) continue;
    const path = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/^\.\//, "");
    const source = parse(runtime[path] ?? "");
    const names = new Set(statement.exportClause.elements.map(({ name }) => name.text));
    for (const declared of source.statements) {
      const name = nameOf(declared);
      if (name !== undefined && names.has(name) && !name.startsWith("__"))
        parts.push(declare(declared, source));
    }
  }
  return `// What a rule can name without importing anything.\n\n${parts.join("\n\n")}\n`;
}

function declare(statement: ts.Statement, source: ts.SourceFile): string {
  const docs = docsOf(statement, source);
  if (ts.isTypeAliasDeclaration(statement)) {
    const meant = statement.type.getText(source);
    // A comment says what asc makes of it, for whoever asks.
    const type = NUMBER_TYPES.has(meant) ? `/* ${meant} */ number & ${KEPT}` : meant;
    return `${docs}declare type ${statement.name.text} = ${type};`;
  }
  if (ts.isFunctionDeclaration(statement)) {
    return `${docs}declare function ${statement.name!.text}${signatureOf(statement, source)};`;
  }
  if (ts.isEnumDeclaration(statement)) {
    const members = statement.members.map(
      (member) => `  ${docsOf(member, source)}${member.getText(source)},\n`,
    );
    return `${docs}declare enum ${statement.name.text} {\n${members.join("")}}`;
  }
  if (!ts.isClassDeclaration(statement)) return "";
  const members = statement.members
    .map((member) => declareMember(member, source))
    .filter((text) => text !== "");
  const name = statement.name!.text;
  return `${docs}declare class ${name} {\n${[...members, ...(DEFAULTS[name] ?? [])].join("\n")}\n}`;
}

/** Fields are records in memory, and operators are not called by name: neither is for rules. */
function declareMember(member: ts.ClassElement, source: ts.SourceFile): string {
  if (!ts.isMethodDeclaration(member) && !ts.isGetAccessorDeclaration(member)) return "";
  const modifiers = ts.canHaveDecorators(member) ? (ts.getDecorators(member) ?? []) : [];
  if (modifiers.some(({ expression }) => expression.getText(source).startsWith("operator"))) return "";
  if (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))
    return "";
  const isStatic = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0;
  const kind = `${isStatic ? "static " : ""}${ts.isGetAccessorDeclaration(member) ? "get " : ""}`;
  const docs = docsOf(member, source).replace(/\n(?=.)/g, "\n  ");
  return `  ${docs}${kind}${member.name.getText(source)}${signatureOf(member, source)};`;
}

function signatureOf(declared: ts.SignatureDeclaration, source: ts.SourceFile): string {
  const parameters = declared.parameters.map((parameter) => {
    const { initializer } = parameter;
    const isShown = initializer !== undefined && !ts.isCallExpression(initializer);
    const given = isShown ? ` = ${initializer.getText(source)}` : "";
    const mark = initializer !== undefined && !isShown ? "?" : "";
    return `${parameter.name.getText(source)}${mark}: ${parameter.type?.getText(source)}${given}`;
  });
  return `(${parameters.join(", ")}): ${declared.type?.getText(source) ?? "void"}`;
}

/** The doc comment with the line break behind it, as it stands in the source. */
function docsOf(node: ts.Node, source: ts.SourceFile): string {
  const docs = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc);
  if (docs === undefined) return "";
  return `${docs.getText(source).replace(/\n\s+\*/g, "\n *")}\n`;
}

/** asc's declarations, less those that `haggle check` refuses: what is not there is not offered. */
function declareStandard(text: string): string {
  const source = parse(text);
  const parts: string[] = [];
  for (const statement of source.statements) {
    const name = nameOf(statement);
    if (name === undefined || isRefused(name, statement)) continue;
    if (ts.isTypeAliasDeclaration(statement) && statement.type.kind === ts.SyntaxKind.NumberKeyword) {
      parts.push(`${docsOf(statement, source)}declare type ${name} = number & ${KEPT};`);
    } else if (NUMBER_TYPES.has(name) && ts.isModuleDeclaration(statement)) {
      parts.push(declareNumber(name, statement, source));
    } else {
      // Fractions are refused, so that nothing need be said of functions of them.
      const shown = statement.getText(source).replaceAll(/ \| f32 \| f64\b/g, "");
      if (!/<T extends f32 \| f64>/.test(shown)) parts.push(docsOf(statement, source) + shown);
    }
  }
  // A text stands wherever a symbol does: the build interns it.
  parts.push("interface String {\n  readonly known: bool;\n}");
  return `// AssemblyScript's standard library, as far as rules may use it.\n\n${parts.join("\n\n")}\n`;
}

const LOW_LEVEL =
  /^(?:ASC_|__)|^[iuf]\d+x\d+$|ref$|^ref_|^stringview_|^(?:JS|Native|I(?:Native)?)Math|^Atomic|^i31$/;

function isRefused(name: string, statement: ts.Statement): boolean {
  // As types they are in signatures, and TypeScript cannot do without a Number.
  if (ts.isTypeAliasDeclaration(statement) && FLOAT_NAMES.has(name)) return false;
  const isDecorator = ASC_DECORATORS.has(name);
  return Object.hasOwn(BANNED_NAMES, name) || FLOAT_NAMES.has(name) || isDecorator || LOW_LEVEL.test(name);
}

function declareNumber(name: string, statement: ts.ModuleDeclaration, source: ts.SourceFile): string {
  const body =
    statement.body !== undefined && ts.isModuleBlock(statement.body) ? statement.body.statements : [];
  const members = body.filter((member) => NUMBER_MEMBERS.has(nameOf(member) ?? ""));
  const texts = members.map((member) => `  ${docsOf(member, source)}  ${member.getText(source)}\n`);
  return `declare namespace ${name} {\n${texts.join("")}}`;
}

function nameOf(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) {
    const [declared] = statement.declarationList.declarations;
    return declared !== undefined && ts.isIdentifier(declared.name) ? declared.name.text : undefined;
  }
  const { name } = statement as ts.Statement & { name?: ts.Node };
  return name !== undefined && ts.isIdentifier(name) ? name.text : undefined;
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("library.ts", text, ts.ScriptTarget.ESNext, true);
}
