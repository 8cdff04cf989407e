// The one place that knows AssemblyScript's own classes. asc publishes its types for AssemblyScript's number types,
// which `tsc` cannot read, so the few members we use are described here and the module is cast once.
// Everything here belongs to the pinned version of asc; an upgrade starts by reading this file against its sources.

import * as assemblyscript from "assemblyscript";
import ascFrontend from "assemblyscript/asc";

export type AscSource = {
  normalizedPath: string;
  internalPath: string;
  text: string;
  statements: AscNode[];
  isLibrary: boolean;
  /** The number of the file in the source map of a module, -1 before it has one. */
  debugInfoIndex: number;
  lineAt(offset: number): number;
  columnAt(): number;
};

export type AscRange = { start: number; end: number; source: AscSource };

/** Any node. What more a node has depends on its `kind`; `syntax.ts` narrows. */
export type AscNode = { kind: number; range: AscRange };

export type AscDiagnostic = {
  code: number;
  category: number;
  message: string;
  range: AscRange | null;
  relatedRange: AscRange | null;
};

export type AscType = { kind: number; classReference: { name: string } | null };

/** An instance of asc's compiler, whose methods `lowering.ts` replaces on that instance. */
export type AscCompiler = {
  program: AscProgram;
  module: AscModule;
  currentType: AscType;
  currentFlow: { sourceFunction: AscFunction };
  compile(): AscModule;
  compileExpression(node: AscNode, contextualType: AscType, constraints: number): number;
  compileLiteralExpression(
    node: AscNode & { literalKind: number; value: unknown },
    contextualType: AscType,
    constraints: number,
    negate?: boolean,
  ): number;
  resolver: AscResolver;
  compileFunction(instance: AscFunction): boolean;
  makeAssignment(
    target: AscElement,
    value: number,
    type: AscType,
    valueNode: AscNode,
    ...rest: unknown[]
  ): number;
  error(code: number, range: AscRange, argument: string): void;
  makeAdd(left: number, right: number, type: AscType): number;
  makeSub(left: number, right: number, type: AscType): number;
  makeMul(left: number, right: number, type: AscType): number;
};

export type AscElement = { kind: number; name: string; declaration?: AscNode };

export type AscFunction = AscElement & {
  internalName: string;
  declaration: AscNode;
  is(flag: number): boolean;
};

export type AscClass = AscElement & { members: Map<string, AscElement> | null };

export type AscProperty = AscElement & {
  getterInstance: AscFunction | null;
  setterInstance: AscFunction | null;
};

export type AscResolver = {
  resolveFunction(prototype: object, typeArguments: null): AscFunction | null;
  resolveClass(prototype: object, typeArguments: null): AscClass | null;
  resolveProperty(prototype: object): AscProperty | null;
};

export type AscProgram = {
  parser: AscParser;
  diagnostics: AscDiagnostic[];
  module: AscModule;
  resolver: AscResolver;
  getElementByDeclaration(declaration: AscNode): AscElement | null;
  lookup(name: string): object | null;
  initialize(): void;
  getSource(internalPath: string): string | null;
};

export type AscParser = {
  sources: AscSource[];
  /** Paths to parse next. */
  backlog: string[];
  /** Paths that were asked for, and those that were parsed. */
  seenlog: Set<string>;
  donelog: Set<string>;
  /** By path: who asked for it, for the error when there is no such file. */
  dependees: Map<string, { source: AscSource; reportNode: AscNode }>;
  parseFile(text: string | null, path: string, isEntry: boolean): void;
  nextFile(): string | null;
  finish(): void;
};

export type AscModule = {
  ref: number;
  call(target: string, operands: number[], returnType: number): number;
  optimize(level: number, shrink: number, debugInfo: boolean, zeroFilledMemory: boolean): void;
  validate(): boolean;
  toBinary(sourceMapUrl: string | null): { output: Uint8Array; sourceMap: string | null };
  dispose(): void;
};

export type AscOptions = {
  runtime: number;
  debugInfo: boolean;
  noAssert: boolean;
  initialMemory: number;
  maximumMemory: number;
  memoryBase: number;
  exportStart: string | null;
  exportRuntime: boolean;
  sourceMap: boolean;
  noUnsafe: boolean;
  optimizeLevelHint: number;
  shrinkLevelHint: number;
  bundleMajorVersion: number;
  bundleMinorVersion: number;
  bundlePatchVersion: number;
  globalAliases: Map<string, string> | null;
  setFeature(feature: number, on: boolean): void;
};

type AscApi = {
  Options: new () => AscOptions;
  Program: new (options: AscOptions) => AscProgram;
  Compiler: new (program: AscProgram) => AscCompiler;
  Node: {
    createIdentifierExpression(text: string, range: AscRange): AscNode;
    createCallExpression(callee: AscNode, types: null, args: AscNode[], range: AscRange): AscNode;
    createIntegerLiteralExpression(value: unknown, range: AscRange): AscNode;
    createDecorator(name: AscNode, args: null, range: AscRange): AscNode;
  };
  NodeKind: Record<string, number>;
  LiteralKind: Record<string, number>;
  CommonFlags: Record<string, number>;
  TypeKind: Record<string, number>;
  TypeRef: Record<string, number>;
  Token: Record<string, number>;
  FEATURE_BULK_MEMORY: number;
  FEATURE_NONTRAPPING_F2I: number;
};

export const asc = assemblyscript as unknown as AscApi;

const frontend = ascFrontend as unknown as { version: string; libraryFiles: Record<string, string> };

/** The compiler as the metadata of a bundle names it. */
export const ASC_VERSION = frontend.version;

/** AssemblyScript's standard library: name without `~lib/` and `.ts` -> source. Never changed by us. */
export const STANDARD_LIBRARY: Readonly<Record<string, string>> = frontend.libraryFiles;

/** Kinds of elements, a constant enum of asc's that is not there at run time. */
export const ELEMENT = { FUNCTION_PROTOTYPE: 4, CLASS_PROTOTYPE: 6, PROPERTY_PROTOTYPE: 10 } as const;

/** asc's 64-bit integers in JavaScript, as its glue defines them. */
export function ascInteger(value: number): unknown {
  const make = (globalThis as unknown as { i64_new(low: number, high: number): unknown }).i64_new;
  return make(value | 0, value < 0 ? -1 : 0);
}
