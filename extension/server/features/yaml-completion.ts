// What may be typed next in strategies, promotions, policy and bounds: fields with what has to stand in them, and values.

import type { Schema } from "@haggle/abi";
import {
  type Command,
  type CompletionItem,
  CompletionItemKind,
  CompletionRequest,
  InsertTextFormat,
  InsertTextMode,
  type Range,
} from "vscode-languageserver";
import { stringify } from "yaml";
import type { RuleInfo } from "../../shared/protocol.ts";
import type { Register } from "../serve.ts";
import { tell } from "../words/tell.ts";
import { type Cursor, findTyped, type Typed } from "../yaml/cursor.ts";
import { describeParameter, describeRule, findParameter, parameterOf, ruleOf } from "../yaml/parameters.ts";
import { describe, type Field, fieldsOf, hasType, schemasAt, valuesOf } from "../yaml/schema-walk.ts";
import { escapeSnippet, type Style, stop, valueSnippet } from "../yaml/snippet.ts";
import { wordsFor } from "../yaml/words.ts";
import { findYamlFile, isData, type YamlFile } from "../yaml/world.ts";

export const registerYamlCompletion: Register = (server) => {
  server.provide(CompletionRequest.type, isData, async ({ textDocument, position }) => {
    const file = await findYamlFile(server, textDocument.uri);
    if (file === undefined) return null;
    const text = file.document.getText();
    const typed = findTyped(text, file.document.offsetAt(position));
    if (typed === undefined) return [];
    const { start, end } = typed.span;
    const range = { start: file.document.positionAt(start), end: file.document.positionAt(end) };
    const quote = /["']/.test(text[start] ?? "") ? text[start]! : "";
    const items = typed.cursors.flatMap((cursor) => complete({ file, typed, cursor, range, quote }));
    return items.map((item, index) => ({ ...item, sortText: String(index).padStart(4, "0") }));
  });
  return { completionProvider: { triggerCharacters: [" ", '"'] } };
};

/** Asks at once for the values of the field that was just written. */
const SUGGEST: Command = { title: "", command: "editor.action.triggerSuggest" };

type Asked = { file: YamlFile; typed: Typed; cursor: Cursor; range: Range; quote: string };

function complete(asked: Asked): CompletionItem[] {
  const { file, cursor } = asked;
  const schemas = schemasAt(file.schema, cursor.value, cursor.path);
  return cursor.role === "key" ? completeKeys(asked, schemas) : completeValues(asked, schemas);
}

function completeKeys(asked: Asked, schemas: readonly Schema[]): CompletionItem[] {
  const { file, typed, cursor, range, quote } = asked;
  const present = Object.keys((findAt(cursor.value, cursor.path) ?? {}) as object);
  const fields = fieldsOf(file.schema, schemas, present);
  const style = styleOf(asked);
  const items = fields.map((field): CompletionItem => {
    const { name, schemas: own } = field;
    const key = file.isJson || quote === '"' ? JSON.stringify(name) : scalar(name);
    const value = typed.hasColon ? "" : `: ${valueSnippet(file.schema, field, style)}`;
    const space = value.startsWith(": \n") ? value.replace(": \n", ":\n") : value;
    return {
      label: name,
      kind: CompletionItemKind.Property,
      filterText: quote + name,
      ...documented(describeField(file, cursor, field)),
      textEdit: { range, newText: escapeSnippet(key) + space },
      ...SNIPPET,
      ...(!typed.hasColon && valuesOf(own).length > 1 && { command: SUGGEST }),
    };
  });
  return [...wholeOf(asked, fields, present), ...items];
}

/** An entry that has nothing yet: all that it needs, at once. */
function wholeOf(
  { file, typed, cursor, range, quote }: Asked,
  fields: readonly Field[],
  present: string[],
): CompletionItem[] {
  const required = fields.filter(({ isRequired }) => isRequired);
  if (present.length > 0 || typed.hasColon || required.length === 0 || quote !== "" || file.isJson) return [];
  const parts = WHOLE[file.kind];
  if (parts === undefined || cursor.path.length > parts.depth) return [];
  const column = file.document.positionAt(typed.span.start).character;
  const pad = " ".repeat(Math.max(0, column - indentOf(file, typed.span.start)));
  const text = cursor.isFlow ? parts.fields.join(", ") : parts.fields.join(`\n${pad}`);
  if (!parts.fields.every((line) => fields.some(({ name }) => line.startsWith(`${name}:`)))) return [];
  return [
    {
      label: labelOf(parts.fields),
      kind: CompletionItemKind.Snippet,
      textEdit: { range, newText: text },
      ...SNIPPET,
    },
  ];
}

/** What a person writes first, whatever else may be said. */
const WHOLE: Partial<Record<YamlFile["kind"], { depth: number; fields: readonly string[] }>> = {
  strategies: {
    depth: 2,
    fields: [`id: ${stop(1, "name")}`, "rule: $2", "parameters: { $3 }"],
  },
  promotions: {
    depth: 1,
    fields: [`id: ${stop(1, "name")}`, "rule: $2", "parameters: { $3 }"],
  },
  bounds: {
    depth: 1,
    fields: [`sku: "${stop(1, "sku")}"`, `minUnitPrice: ${stop(2, "0")}`, `maxUnitPrice: ${stop(3, "0")}`],
  },
};

/** The names of the fields. */
function labelOf(fields: readonly string[]): string {
  return fields.map((line) => line.replace(/:.*/, "")).join(", ");
}

function completeValues(asked: Asked, schemas: readonly Schema[]): CompletionItem[] {
  const { file, typed, cursor, range, quote } = asked;
  const named = valuesOf(schemas);
  const field = cursor.path.findLast((step) => typeof step === "string");
  const isRule = field === "rule" && cursor.path.at(-1) === "rule";
  const items = named.map((value): CompletionItem => {
    const rule = isRule ? file.rules.find(({ name }) => name === value) : undefined;
    const text = file.isJson
      ? JSON.stringify(value)
      : quote === '"'
        ? JSON.stringify(String(value))
        : scalar(value);
    return {
      label: String(value),
      kind: rule === undefined ? CompletionItemKind.EnumMember : CompletionItemKind.Function,
      filterText: quote + String(value),
      textEdit: { range, newText: text },
      ...(rule !== undefined && {
        detail: detailOf(rule, file),
        ...documented(describeRule(rule, file)),
      }),
    };
  });
  if (named.length > 0) return items;
  return [...defaultOf(asked), ...startsOf(asked, schemas), ...wordsOf(asked, schemas, String(field))];

  function wordsOf(own: Asked, strings: readonly Schema[], name: string): CompletionItem[] {
    if (!hasType(strings, "string")) return [];
    const whole = own.file.document.getText(range).replace(/^["']|["']$/g, "");
    const others = wordsFor(own.file, own.cursor, name).filter((word) => word !== whole);
    return others.map((word) => ({
      label: word,
      kind: CompletionItemKind.Text,
      filterText: quote + word,
      textEdit: { range, newText: file.isJson || quote === '"' ? JSON.stringify(word) : scalar(word) },
    }));
  }

  /** A parameter's own default, to be changed. */
  function defaultOf({ cursor: { value, path } }: Asked): CompletionItem[] {
    const wanted = findParameter(value, path);
    const parameter = wanted && parameterOf(file.rules, wanted);
    if (parameter === undefined || parameter.default === null) return [];
    const text =
      typeof parameter.default === "string" || file.isJson
        ? JSON.stringify(parameter.default)
        : scalar(parameter.default);
    return [
      {
        label: text.trim(),
        kind: CompletionItemKind.Value,
        filterText: quote === "" ? text : quote + String(parameter.default),
        ...documented(describeParameter(parameter, file)),
        textEdit: { range, newText: text },
      },
    ];
  }

  /** The first entry of a list that has none yet. */
  function startsOf(own: Asked, lists: readonly Schema[]): CompletionItem[] {
    const whole = WHOLE[file.kind];
    const isOwnLine = /^\s*$/.test(lineBefore(file, typed.span.start));
    if (!hasType(lists, "array") || own.cursor.isFlow || !isOwnLine || whole === undefined || file.isJson)
      return [];
    if (own.cursor.path.length >= whole.depth) return [];
    return [
      {
        label: `- ${labelOf(whole.fields)}`,
        kind: CompletionItemKind.Snippet,
        textEdit: { range, newText: `- ${whole.fields.join("\n  ")}` },
        ...SNIPPET,
      },
    ];
  }
}

const SNIPPET = {
  insertTextFormat: InsertTextFormat.Snippet,
  insertTextMode: InsertTextMode.adjustIndentation,
} as const;

function detailOf({ kind, phase = "order" }: RuleInfo, { locale }: YamlFile): string {
  return kind === "pricing" ? tell(locale, "pricing rule") : tell(locale, "rule of the phase {0}", phase);
}

function describeField(file: YamlFile, cursor: Cursor, { name, schemas }: Field): string | undefined {
  const wanted = findParameter(cursor.value, [...cursor.path, name]);
  const parameter = wanted && parameterOf(file.rules, wanted);
  if (parameter !== undefined) return describeParameter(parameter, file);
  const rule = name === "parameters" ? ruleOf(cursor.value, cursor.path) : undefined;
  const known = rule === undefined ? undefined : file.rules.find((each) => each.name === rule);
  return known === undefined ? describe(schemas, file.locale) : describeRule(known, file);
}

/** Fields below another one stand two columns behind it. */
function styleOf({ file, typed, cursor }: Asked): Style {
  const { start } = typed.span;
  const column = file.document.positionAt(start).character;
  return {
    isFlow: cursor.isFlow,
    isJson: file.isJson,
    pad: " ".repeat(Math.max(0, column - indentOf(file, start)) + 2),
  };
}

function indentOf(file: YamlFile, offset: number): number {
  return /^[ \t]*/.exec(lineBefore(file, offset))![0].length;
}

function lineBefore({ document }: YamlFile, offset: number): string {
  const { line } = document.positionAt(offset);
  return document.getText({ start: { line, character: 0 }, end: document.positionAt(offset) });
}

function findAt(value: unknown, path: Cursor["path"]): unknown {
  return path.reduce(
    (here: unknown, step) => (here as Record<string | number, unknown> | undefined)?.[step],
    value,
  );
}

/** As YAML writes it, in quotes where it would else be something different. */
function scalar(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** As Markdown, where there is something to say. */
function documented(value: string | undefined): Pick<CompletionItem, "documentation"> {
  return value === undefined ? {} : { documentation: { kind: "markdown", value } };
}
