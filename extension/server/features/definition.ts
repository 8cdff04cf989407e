// Where something is declared: in the project, or in a library, which the client shows as a text that is only read.

import type ts from "typescript";
import {
  DefinitionRequest,
  type LocationLink,
  type ServerCapabilities,
  TypeDefinitionRequest,
} from "vscode-languageserver";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { ruleNameAt } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";

export function registerDefinition({ provide, language }: Server): ServerCapabilities {
  provide(DefinitionRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    // A rule's name is declared where it stands, and from there an editor leads on to who uses it.
    const named = ruleNameAt(rule.virtual, rule.document.getText(), rule.document.offsetAt(position));
    if (named !== undefined) return [ownPlace(rule, named)];
    return findDefinition(rule, rule.offsetAt(position));
  });
  provide(TypeDefinitionRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    const found = rule?.service.getTypeDefinitionAtPosition(rule.name, rule.offsetAt(position)) ?? [];
    return found.flatMap(({ fileName, textSpan }) => rule?.locate(fileName, textSpan) ?? []);
  });
  return { definitionProvider: true, typeDefinitionProvider: true };
}

function ownPlace({ document, uri }: RuleText, { start, length }: ts.TextSpan): LocationLink {
  const range = { start: document.positionAt(start), end: document.positionAt(start + length) };
  return { originSelectionRange: range, targetUri: uri, targetRange: range, targetSelectionRange: range };
}

function findDefinition(rule: RuleText, offset: number): LocationLink[] {
  const found = rule.service.getDefinitionAndBoundSpan(rule.name, offset);
  const originSelectionRange = found && rule.rangeOf(found.textSpan);
  if (found === undefined || originSelectionRange === undefined) return [];
  return (found.definitions ?? []).flatMap(({ fileName, textSpan, contextSpan }) => {
    const name = rule.locate(fileName, textSpan);
    if (name === undefined) return [];
    const whole = contextSpan && rule.locate(fileName, contextSpan);
    return [
      {
        originSelectionRange,
        targetUri: name.uri,
        targetRange: whole?.range ?? name.range,
        targetSelectionRange: name.range,
      },
    ];
  });
}
