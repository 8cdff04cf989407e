// The strategies, promotions and bounds of a file by their names, and the fields of a policy.

import { type DocumentSymbol, DocumentSymbolRequest, SymbolKind } from "vscode-languageserver";
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Register } from "../serve.ts";
import { nameOf, type Parsed, rangeOf, spanOf } from "../yaml/parsed.ts";
import { findYamlFile, isData, type YamlFile } from "../yaml/world.ts";

export const registerYamlSymbols: Register = (server) => {
  server.provide(DocumentSymbolRequest.type, isData, async ({ textDocument }) => {
    const file = await findYamlFile(server, textDocument.uri);
    return file === undefined ? null : symbolsOf(file);
  });
  return { documentSymbolProvider: true };
};

function symbolsOf({ kind, parsed }: YamlFile): DocumentSymbol[] {
  const { contents } = parsed.document;
  if (kind === "policy") return isMap(contents) ? fieldsOf(parsed, contents) : [];
  const entries = kind === "strategies" && isMap(contents) ? contents.get("strategies", true) : contents;
  const list = isSeq(entries) ? entries.items : [entries];
  return list.flatMap((entry) =>
    isMap(entry) ? entryOf(parsed, entry, kind === "bounds" ? "sku" : "id") : [],
  );
}

function entryOf(parsed: Parsed, entry: YAMLMap, key: string): DocumentSymbol[] {
  const name = entry.get(key, true);
  const rule: unknown = entry.get("rule");
  const whole = spanOf(entry);
  const own = spanOf(name as Node | undefined);
  if (!isScalar(name) || whole === undefined || own === undefined || String(name.value ?? "") === "")
    return [];
  return [
    {
      name: String(name.value),
      ...(typeof rule === "string" && { detail: rule }),
      kind: SymbolKind.Object,
      range: rangeOf(parsed, whole),
      selectionRange: rangeOf(parsed, own),
    },
  ];
}

function fieldsOf(parsed: Parsed, map: YAMLMap): DocumentSymbol[] {
  return map.items.flatMap((pair) => {
    const key = spanOf(pair.key as Node);
    if (key === undefined) return [];
    const end = spanOf(pair.value as Node | null)?.end ?? key.end;
    return [
      {
        name: nameOf(pair.key),
        kind: SymbolKind.Property,
        range: rangeOf(parsed, { start: key.start, end }),
        selectionRange: rangeOf(parsed, key),
      },
    ];
  });
}
