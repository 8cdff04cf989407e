// A YAML or JSON text of a project as a tree with places. It may be half-typed: what cannot be read is left out.

import type { Path } from "@haggle/abi";
import { parseYaml, type YamlText } from "@haggle/toolchain/project-files";
import type { TextDocument } from "vscode-languageserver-textdocument";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from "yaml";
import type { Position, Range } from "../../shared/protocol.ts";

export type Parsed = YamlText & {
  /** As JSON has it; undefined where nothing can be read, or aliases stand for more than any memory holds. */
  value: unknown;
};

/** Offsets in the text, in UTF-16 units; `end` is behind the last one. */
export type Span = { start: number; end: number };

/** What stands at an offset: the name of a field, or a value. `path` leads to the field's value, or to the value. */
export type Place = Span & { path: Path; role: "key" | "value"; node: Node };

/** The tree of a document, made once for each of its versions. */
export function parseDocumentOnce(document: TextDocument): Parsed {
  const known = parsed.get(document);
  if (known?.version === document.version) return known.parsed;
  const made = parse(document.getText());
  parsed.set(document, { version: document.version, parsed: made });
  return made;
}

const parsed = new WeakMap<TextDocument, { version: number; parsed: Parsed }>();

export function parse(text: string): Parsed {
  const { document, lines } = parseYaml(text);
  return { document, lines, value: contentOf(document) };
}

export function contentOf(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    // Aliases that lead nowhere, or to themselves, or to too much.
    if (!(cause instanceof ReferenceError)) throw cause;
    return undefined;
  }
}

/** The field's name or the plain value at an offset; undefined between them. */
export function findPlace({ document }: Parsed, offset: number): Place | undefined {
  return walk(document.contents, [], offset);
}

/** What a path leads to: `key` is the name of the last field, where it ends with one. */
export function nodesAt({ document }: Parsed, path: Path): { key?: Node; node: Node | null } | undefined {
  let found: { key?: Node; node: Node | null } = { node: document.contents };
  for (const step of path) {
    const node = resolve(document, found.node);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => nameOf(key) === String(step));
      if (pair === undefined) return undefined;
      found = { key: pair.key as Node, node: pair.value as Node | null };
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      found = { node: node.items[step] as Node | null };
    } else return undefined;
  }
  return found;
}

/** Of a node with everything in it, without what stands behind it. */
export function spanOf(node: Node | null | undefined): Span | undefined {
  return node?.range ? { start: node.range[0], end: node.range[1] } : undefined;
}

/** As the Language Server Protocol has places. */
export function rangeOf({ lines }: Parsed, { start, end }: Span): Range {
  return { start: positionOf(lines, start), end: positionOf(lines, end) };
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  // A text without a single line has no places.
  return { line: Math.max(0, line - 1), character: Math.max(0, col - 1) };
}

/** The name of a field, whatever it is written as. */
export function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** Every field of the text, and every entry of its lists, outer ones first. */
export function visit(
  node: unknown,
  see: (path: Path, value: Node | null, pair: Pair | undefined) => void,
  path: Path = [],
): void {
  if (isMap(node)) {
    for (const pair of node.items) {
      const at = [...path, nameOf(pair.key)];
      see(at, pair.value as Node | null, pair);
      visit(pair.value, see, at);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      see([...path, index], item as Node | null, undefined);
      visit(item, see, [...path, index]);
    }
  }
}

function walk(node: Node | null, path: Path, offset: number): Place | undefined {
  if (isMap(node)) {
    for (const pair of node.items) {
      const at = [...path, nameOf(pair.key)];
      const key = pair.key as Node;
      const own = spanOf(key);
      if (own !== undefined && holds(own, offset)) return { ...own, path: at, role: "key", node: key };
      const found = walk(pair.value as Node | null, at, offset);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      // In a flow list a lone pair is a map of its own.
      const child = isPair(item) ? null : (item as Node | null);
      const found = walk(child, [...path, index], offset);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const span = isCollection(node) ? undefined : spanOf(node);
  return span !== undefined && node !== null && holds(span, offset)
    ? { ...span, path, role: "value", node }
    : undefined;
}

function holds({ start, end }: Span, offset: number): boolean {
  return start <= offset && offset <= end && start < end;
}

function resolve(document: Document.Parsed, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}
