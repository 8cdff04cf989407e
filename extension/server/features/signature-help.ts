// What a call takes, while it is written; of decorators, the keys that they take.

import ts from "typescript";
import {
  MarkupKind,
  type ServerCapabilities,
  type SignatureHelp,
  SignatureHelpRequest,
  type SignatureInformation,
} from "vscode-languageserver";
import { optionsOf } from "../language/decorator-problems.ts";
import { isGeneric, shown, shownDeclaration } from "../language/display.ts";
import { docsOf } from "../language/docs.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { nodeAt } from "../language/syntax.ts";
import { argumentsAt, type RuleDecorator } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";

export function registerSignatureHelp({ provide, language }: Server): ServerCapabilities {
  provide(SignatureHelpRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const offset = rule.document.offsetAt(position);
    const decorator = argumentsAt(rule.virtual, offset);
    return decorator === undefined ? ofCall(rule, offset) : ofDecorator(rule, decorator, offset);
  });
  return { signatureHelpProvider: { triggerCharacters: ["(", ","], retriggerCharacters: [")"] } };
}

function ofCall(rule: RuleText, offset: number): SignatureHelp | null {
  const found = rule.service.getSignatureHelpItems(rule.name, offset, undefined);
  if (found === undefined) return null;
  const generic = findGeneric(rule, found.applicableSpan.start);
  if (generic !== undefined) {
    const [item] = found.items;
    const label = shownDeclaration(generic);
    const parameters = generic.parameters.map((parameter) => ({ label: parameter.getText() }));
    const signatures = [{ label, parameters, ...documented(item === undefined ? "" : docsOf(item)) }];
    return { signatures, activeSignature: 0, activeParameter: found.argumentIndex };
  }
  const signatures = found.items.map((item): SignatureInformation => {
    let label = shown(item.prefixDisplayParts);
    const parameters = item.parameters.map((parameter, index) => {
      if (index > 0) label += shown(item.separatorDisplayParts);
      const start = label.length;
      label += shown(parameter.displayParts);
      return { label: [start, label.length] as [number, number], ...documented(docsOf(parameter)) };
    });
    label += shown(item.suffixDisplayParts);
    return { label, parameters, ...documented(docsOf(item)) };
  });
  return { signatures, activeSignature: found.selectedItemIndex, activeParameter: found.argumentIndex };
}

/** The generic function that is called with arguments from this offset on. */
function findGeneric({ checked }: RuleText, offset: number): ts.FunctionDeclaration | undefined {
  const { file, checker } = checked();
  const call = nodeAt(file, offset, ts.isCallExpression);
  const declaration = call && checker.getResolvedSignature(call)?.declaration;
  if (declaration === undefined || ts.isJSDocSignature(declaration)) return undefined;
  return call!.arguments.pos === offset && isGeneric(declaration) ? declaration : undefined;
}

function ofDecorator(rule: RuleText, decorator: RuleDecorator, offset: number): SignatureHelp | null {
  const options = optionsOf(rule, decorator.name);
  if (options.length === 0) return null;
  const { checker } = rule.checked();
  let label = `@${decorator.name}(`;
  const parameters = options.map((option, index) => {
    if (index > 0) label += ", ";
    const start = label.length;
    const declared = option.valueDeclaration;
    const type = declared && ts.isPropertySignature(declared) ? (declared.type?.getText() ?? "") : "";
    const mark = option.flags & ts.SymbolFlags.Optional ? "?" : "";
    label += `${option.name}${mark}: ${type}`;
    const docs = docsOf({ documentation: option.getDocumentationComment(checker) });
    return { label: [start, label.length] as [number, number], ...documented(docs) };
  });
  const given = rule.document.getText().slice(decorator.arguments!.start, offset);
  const names = options.map(({ name }) => name);
  return {
    signatures: [{ label: `${label})`, parameters }],
    activeSignature: 0,
    activeParameter: keyAt(given, names),
  };
}

/** Which key is being written: the one behind the last comma, else the first that is not there yet. */
function keyAt(given: string, names: readonly string[]): number {
  const parts = given.replace(/"[^"\n]*"?|'[^'\n]*'?/g, (text) => " ".repeat(text.length)).split(",");
  const keys = parts.map((part) => /^[\s{]*(\w*)/.exec(part)?.[1] ?? "");
  const last = keys.at(-1)!;
  const current = names.findIndex((name) => last !== "" && name.startsWith(last));
  if (current >= 0) return current;
  const next = names.findIndex((name) => !keys.includes(name));
  return Math.max(next, 0);
}

function documented(docs: string): { documentation?: { kind: MarkupKind; value: string } } {
  return docs === "" ? {} : { documentation: { kind: MarkupKind.Markdown, value: docs } };
}
