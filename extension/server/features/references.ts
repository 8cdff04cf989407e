// Where something is used: in all of the project's rules, and, of a rule, in the strategies and promotions that name it.
// Uses in the libraries are nobody's business.

import {
  DocumentHighlightKind,
  DocumentHighlightRequest,
  type Location,
  ReferencesRequest,
  type ServerCapabilities,
} from "vscode-languageserver";
import { LIBRARY_FOLDER } from "../language/project-service.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { ruleNameIn } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";
import { usesOf } from "../yaml/uses.ts";

export function registerReferences({ provide, language, files }: Server): ServerCapabilities {
  provide(ReferencesRequest.type, isRuleSource, async ({ textDocument, position, context }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const inRules = findReferences(rule, rule.offsetAt(position), context.includeDeclaration);
    const name = ruleAt(rule, rule.document.offsetAt(position));
    return name === undefined ? inRules : [...inRules, ...(await findYaml(rule.uri, name))];
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

  async function findYaml(uri: string, name: string): Promise<Location[]> {
    const root = await files.findRoot(uri);
    if (root === undefined) return [];
    const { strategies, data } = await files.readProject(root);
    const uses = usesOf({ ...strategies, ...data }, name);
    return uses.map(({ file, range }) => ({ uri: files.uriOf(root, file), range }));
  }
}

/** The name of the rule whose decorator or function's name is at an offset of the source. */
function ruleAt({ virtual, document }: RuleText, offset: number): string | undefined {
  const around = virtual.decorators.find(({ start, end, target }) => {
    if (offset > start && offset < end) return true;
    return target !== undefined && offset >= target.start && offset <= target.start + target.name.length;
  });
  return around && ruleNameIn(around, document.getText());
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
