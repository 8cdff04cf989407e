// The outline of a source: its rules by the names that shops know them by, and what stands around them.

import ts from "typescript";
import {
  type DocumentSymbol,
  DocumentSymbolRequest,
  type ServerCapabilities,
  SymbolKind,
} from "vscode-languageserver";
import { isRuleSource, type RuleText, rangeBetween } from "../language/rule-text.ts";
import { ruleNameIn } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";

export function registerSymbols({ provide, language }: Server): ServerCapabilities {
  provide(DocumentSymbolRequest.type, isRuleSource, async ({ textDocument }) => {
    const rule = await language.find(textDocument.uri);
    return rule === undefined ? null : outlineOf(rule);
  });
  return { documentSymbolProvider: true };
}

function outlineOf(rule: RuleText): DocumentSymbol[] {
  const symbols = rule.syntax().statements.flatMap((statement) => symbolsOf(statement, rule));
  const isRule = (symbol: DocumentSymbol) => symbol.kind === SymbolKind.Event;
  return [...symbols.filter(isRule), ...symbols.filter((symbol) => !isRule(symbol))];
}

function symbolsOf(statement: ts.Statement, rule: RuleText): DocumentSymbol[] {
  if (ts.isFunctionDeclaration(statement)) {
    const decorator = rule.virtual.decorators.find(
      ({ target }) => target?.start === statement.name?.getStart(),
    );
    const name = decorator && ruleNameIn(decorator, rule.document.getText());
    if (decorator === undefined || name === undefined)
      return [symbolOf(statement, SymbolKind.Function, rule)].flat();
    const [symbol] = symbolOf(statement, SymbolKind.Event, rule);
    return symbol ? [{ ...symbol, name, detail: `@${decorator.name} ${symbol.name}` }] : [];
  }
  if (ts.isClassDeclaration(statement)) {
    const children = statement.members.flatMap((member) => symbolOf(member, kindOfMember(member), rule));
    return symbolOf(statement, SymbolKind.Class, rule).map((symbol) => ({ ...symbol, children }));
  }
  if (ts.isEnumDeclaration(statement)) {
    const children = statement.members.flatMap((member) => symbolOf(member, SymbolKind.EnumMember, rule));
    return symbolOf(statement, SymbolKind.Enum, rule).map((symbol) => ({ ...symbol, children }));
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((each) =>
      symbolOf(each, SymbolKind.Constant, rule),
    );
  }
  if (ts.isInterfaceDeclaration(statement)) return symbolOf(statement, SymbolKind.Interface, rule);
  if (ts.isModuleDeclaration(statement)) return symbolOf(statement, SymbolKind.Namespace, rule);
  return [];
}

function symbolOf(node: ts.Node, kind: SymbolKind, { document }: RuleText): DocumentSymbol[] {
  const name = ts.getNameOfDeclaration(node as ts.Declaration);
  if (name === undefined || name.getText() === "") return [];
  const range = rangeBetween(document, node.getStart(), node.end);
  const selectionRange = rangeBetween(document, name.getStart(), name.end);
  return [{ name: name.getText(), kind, range, selectionRange }];
}

function kindOfMember(member: ts.ClassElement): SymbolKind {
  if (ts.isMethodDeclaration(member)) return SymbolKind.Method;
  return ts.isConstructorDeclaration(member) ? SymbolKind.Constructor : SymbolKind.Field;
}
