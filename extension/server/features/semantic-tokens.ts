// Colours by meaning: what a name is, wherever it stands. What the grammar can tell by itself is left to it.

import ts from "typescript";
import {
  type SemanticTokens,
  SemanticTokensBuilder,
  SemanticTokensRangeRequest,
  SemanticTokensRequest,
  type ServerCapabilities,
} from "vscode-languageserver";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { toSource } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";

// In the order in which TypeScript counts them (services/classifier2020.ts), and ours behind them.
const TYPES = [
  ..."class enum interface namespace typeParameter type parameter variable enumMember property function method".split(
    " ",
  ),
  "decorator",
];
const MODIFIERS = ["declaration", "static", "async", "readonly", "defaultLibrary", "local"];
const DECORATOR = TYPES.indexOf("decorator");
const TYPE_OFFSET = 8;
const MODIFIER_MASK = (1 << TYPE_OFFSET) - 1;

export function registerSemanticTokens({ provide, language }: Server): ServerCapabilities {
  provide(SemanticTokensRequest.type, isRuleSource, async ({ textDocument }) => {
    const rule = await language.find(textDocument.uri);
    return rule === undefined ? null : tokensOf(rule, 0, rule.virtual.sourceLength);
  });
  provide(SemanticTokensRangeRequest.type, isRuleSource, async ({ textDocument, range }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    return tokensOf(rule, rule.document.offsetAt(range.start), rule.document.offsetAt(range.end));
  });
  return {
    semanticTokensProvider: {
      legend: { tokenTypes: TYPES, tokenModifiers: MODIFIERS },
      full: true,
      range: true,
    },
  };
}

type Token = { start: number; length: number; type: number; modifiers: number };

function tokensOf({ service, name, virtual, document }: RuleText, from: number, to: number): SemanticTokens {
  const { spans } = service.getEncodedSemanticClassifications(
    name,
    { start: 0, length: virtual.text.length },
    ts.SemanticClassificationFormat.TwentyTwenty,
  );
  const tokens: Token[] = virtual.decorators.map(({ start, name: { length } }) => ({
    ...{ start, length: length + 1, type: DECORATOR, modifiers: 0 },
  }));
  for (let index = 0; index + 2 < spans.length; index += 3) {
    const [start, length, encoded] = [spans[index]!, spans[index + 1]!, spans[index + 2]!];
    const place = toSource(virtual, { start, length });
    if (place === undefined || place.kind === "name" || place.kind === "target") continue;
    const type = (encoded >> TYPE_OFFSET) - 1;
    tokens.push({ start: place.start, length, type, modifiers: encoded & MODIFIER_MASK });
  }
  const builder = new SemanticTokensBuilder();
  for (const { start, length, type, modifiers } of tokens.sort((a, b) => a.start - b.start)) {
    if (start + length <= from || start >= to) continue;
    const { line, character } = document.positionAt(start);
    builder.push(line, character, length, type, modifiers);
  }
  return builder.build();
}
