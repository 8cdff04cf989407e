// Where something is used: in all of the project's rules, and, of a library, not in the library itself.

import {
  DocumentHighlightKind,
  DocumentHighlightRequest,
  type Location,
  ReferencesRequest,
  type ServerCapabilities,
} from "vscode-languageserver";
import { LIBRARY_FOLDER } from "../language/project-service.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import type { Server } from "../serve.ts";

export function registerReferences({ provide, language }: Server): ServerCapabilities {
  provide(ReferencesRequest.type, isRuleSource, async ({ textDocument, position, context }) => {
    const rule = await language.find(textDocument.uri);
    return rule === undefined
      ? null
      : findReferences(rule, rule.offsetAt(position), context.includeDeclaration);
  });
  provide(DocumentHighlightRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const found = rule.service.getDocumentHighlights(rule.name, rule.offsetAt(position), [rule.name]) ?? [];
    const spans = found.flatMap(({ highlightSpans }) => highlightSpans);
    return onceEach(
      spans.flatMap(({ textSpan, kind }) => {
        const range = rule.rangeOf(textSpan);
        const isWritten = kind === "writtenReference";
        const shown = isWritten ? DocumentHighlightKind.Write : DocumentHighlightKind.Read;
        return range === undefined ? [] : [{ range, kind: shown }];
      }),
    );
  });
  return { referencesProvider: true, documentHighlightProvider: true };
}

function findReferences(rule: RuleText, offset: number, withDeclaration: boolean): Location[] {
  const symbols = rule.service.findReferences(rule.name, offset) ?? [];
  const used = symbols.flatMap(({ references }) => references);
  return onceEach(
    used.flatMap(({ fileName, textSpan, isDefinition }) => {
      if (fileName.startsWith(LIBRARY_FOLDER) || (isDefinition && !withDeclaration)) return [];
      return rule.locate(fileName, textSpan) ?? [];
    }),
  );
}

/** A rule's function is named in its decorator's call as well, which leads back to the same place. */
function onceEach<T>(places: T[]): T[] {
  const seen = new Map(places.map((place) => [JSON.stringify({ ...place, kind: undefined }), place]));
  return [...seen.values()];
}
