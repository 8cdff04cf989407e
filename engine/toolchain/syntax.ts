// Reading asc's syntax tree: the node shapes that the transform looks at, and how to walk them.

import { type AscNode, type AscRange, type AscSource, asc } from "./asc.ts";

export type Identifier = AscNode & { text: string };
export type StringLiteral = AscNode & { literalKind: number; value: string };
export type IntegerLiteral = AscNode & { literalKind: number; value: { toString(): string } };
export type Template = AscNode & { parts: string[] };
export type ObjectLiteral = AscNode & { names: Identifier[]; values: AscNode[] };
export type Unary = AscNode & { operator: number; operand: AscNode };
export type Binary = AscNode & { operator: number; left: AscNode; right: AscNode };
export type Call = AscNode & { expression: AscNode; args: AscNode[]; typeArguments: AscNode[] | null };
export type PropertyAccess = AscNode & { expression: AscNode; property: Identifier };
export type NamedType = AscNode & {
  name: { identifier: Identifier; next: unknown };
  typeArguments: AscNode[] | null;
  isNullable: boolean;
};
export type Decorator = AscNode & { name: AscNode; args: AscNode[] | null };
export type Declaration = AscNode & { name: Identifier; decorators: Decorator[] | null; flags: number };
export type FunctionDeclaration = Declaration & {
  signature: { parameters: Parameter[]; returnType: AscNode };
  typeParameters: AscNode[] | null;
  body: AscNode | null;
};
export type Parameter = AscNode & { name: Identifier; type: AscNode; initializer: AscNode | null };
export type VariableLike = Declaration & { type: AscNode | null; initializer: AscNode | null };
export type ClassDeclaration = Declaration & {
  typeParameters: AscNode[] | null;
  extendsType: AscNode | null;
  implementsTypes: AscNode[] | null;
  members: Declaration[];
};
export type VariableStatement = AscNode & { declarations: VariableLike[] };
export type Namespace = Declaration & { members: AscNode[] };
export type ImportStatement = AscNode & {
  declarations: (AscNode & { name: Identifier; foreignName: Identifier })[] | null;
  namespaceName: Identifier | null;
  path: StringLiteral;
  internalPath: string;
};
export type ExportStatement = AscNode & {
  path: StringLiteral | null;
  internalPath: string | null;
  /** Null for all of the file. */
  members: AscNode[] | null;
};

const kinds = asc.NodeKind;
const literals = asc.LiteralKind;

function ofKind<T extends AscNode>(...names: string[]): (node: AscNode | null | undefined) => node is T {
  const wanted = new Set(names.map((name) => kinds[name]));
  return (node): node is T => node != null && wanted.has(node.kind);
}

function ofLiteral<T extends AscNode>(name: string): (node: AscNode | null | undefined) => node is T {
  return (node): node is T =>
    node?.kind === kinds.Literal &&
    (node as AscNode & { literalKind: number }).literalKind === literals[name];
}

export const isIdentifier = ofKind<Identifier>("Identifier");
export const isTrue = ofKind("True");
export const isFalse = ofKind("False");
const isUnary = ofKind<Unary>("UnaryPrefix");
export const isBinary = ofKind<Binary>("Binary");
export const isExpressionStatement = ofKind<AscNode & { expression: AscNode }>("Expression");
export const isCall = ofKind<Call>("Call");
export const isPropertyAccess = ofKind<PropertyAccess>("PropertyAccess");
export const isNamedType = ofKind<NamedType>("NamedType");
export const isDecorator = ofKind<Decorator>("Decorator");
export const isFunction = ofKind<FunctionDeclaration>("FunctionDeclaration");
export const isClass = ofKind<ClassDeclaration>("ClassDeclaration");
export const isParameter = ofKind<Parameter>("Parameter");
export const isField = ofKind<VariableLike>("FieldDeclaration");
export const isVariables = ofKind<VariableStatement>("Variable");
export const isNamespace = ofKind<Namespace>("NamespaceDeclaration");
export const isImport = ofKind<ImportStatement>("Import");
export const isExport = ofKind<ExportStatement>("Export");
export const isDeclaration = ofKind<Declaration>(
  "ClassDeclaration",
  "EnumDeclaration",
  "FieldDeclaration",
  "FunctionDeclaration",
  "InterfaceDeclaration",
  "MethodDeclaration",
  "NamespaceDeclaration",
  "TypeDeclaration",
  "VariableDeclaration",
);
export const isTopLevelStatement = ofKind(
  "ClassDeclaration",
  "EnumDeclaration",
  "FunctionDeclaration",
  "InterfaceDeclaration",
  "TypeDeclaration",
  "NamespaceDeclaration",
  "Variable",
  "Import",
  "Export",
  "Empty",
);
export const isString = ofLiteral<StringLiteral>("String");
const isInteger = ofLiteral<IntegerLiteral>("Integer");
export const isFloat = ofLiteral("Float");
export const isTemplate = ofLiteral<Template>("Template");
export const isObject = ofLiteral<ObjectLiteral>("Object");

export function hasFlag(node: Declaration, flag: string): boolean {
  return (node.flags & asc.CommonFlags[flag]!) !== 0;
}

/** `-5` and `5` alike; undefined for what is not an integer literal that a double holds exactly. */
export function integerOf(node: AscNode | null): number | undefined {
  if (isUnary(node) && node.operator === asc.Token.Minus) {
    const value = integerOf(node.operand);
    return value === undefined || value === 0 ? value : -value;
  }
  if (!isInteger(node)) return undefined;
  const value = Number(node.value.toString());
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Calls `visit` for the node and all nodes below it, parents first; `visit` returns false to stay out. */
export function walk(node: AscNode, visit: (node: AscNode) => unknown): void {
  if (visit(node) === false) return;
  // Every check walks every tree several times, so that lists of keys are not made anew for each node.
  for (const key in node) {
    // A parameter's implicit field points back up, and the name behind a dot refers to nothing by itself.
    if (key === "range" || key === "implicitFieldDeclaration" || key === "property") continue;
    const value: unknown = (node as Record<string, unknown> & AscNode)[key];
    if (Array.isArray(value)) for (const item of value) walkValue(item, visit);
    else walkValue(value, visit);
  }
}

function walkValue(value: unknown, visit: (node: AscNode) => unknown): void {
  if (typeof value !== "object" || value === null || !("kind" in value)) return;
  walk(value as AscNode, visit);
}

/** Line and column, both from 1, the column in UTF-16 units. */
export function positionOf(source: AscSource, offset: number): { line: number; column: number } {
  const at = Math.min(offset, source.text.length);
  const line = source.lineAt(at);
  return { line, column: source.columnAt() };
}

/** The text of the doc comment that ends right before `range`, or undefined. */
export function docComment(range: AscRange): string | undefined {
  const before = range.source.text.slice(0, range.start).trimEnd();
  if (!before.endsWith("*/")) return undefined;
  const start = before.lastIndexOf("/**");
  if (start < 0 || before.indexOf("*/", start) !== before.length - 2) return undefined;
  const lines = before.slice(start + 3, -2).split("\n");
  const text = lines.map((line) => line.replace(/^\s*\*? ?/, "").trim()).join(" ");
  return text.trim() || undefined;
}
