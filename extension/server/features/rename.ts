// Another name for something of the project: a function, a class, a field, a local, a rule. What Haggle or AssemblyScript named
// keeps its name. A rule and its parameters are called the same in the cases, strategies and promotions that speak of them.

import ts from "typescript";
import {
  LSPErrorCodes,
  PrepareRenameRequest,
  type Range,
  RenameRequest,
  ResponseError,
  type ServerCapabilities,
  type TextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver";
import { stringify } from "yaml";
import type { ViewLocale } from "../../shared/price.ts";
import { canonicalUri, pathIn } from "../../shared/project-files.ts";
import { LIBRARY_FOLDER } from "../language/project-service.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { isName, nodeAt } from "../language/syntax.ts";
import { decoratorAt, ruleNameAt, ruleNameIn, ruleNamesIn } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";
import { type OwnText, tell } from "../words/tell.ts";
import { findParameterKeys } from "../yaml/parameter-keys.ts";
import { namesOf } from "../yaml/uses.ts";

export function registerRename({ provide, language, files, locale }: Server): ServerCapabilities {
  provide(PrepareRenameRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const offset = rule.document.offsetAt(position);
    const named = nameAt(rule, offset);
    return named === undefined
      ? prepare(rule, offset, locale())
      : { range: named.range, placeholder: named.name };
  });
  provide(RenameRequest.type, isRuleSource, async ({ textDocument, position, newName }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const offset = rule.document.offsetAt(position);
    const named = nameAt(rule, offset);
    if (named !== undefined) return { changes: await renameRule(rule, named, newName) };
    const changes = rename(rule, offset, newName, locale());
    for (const parameter of parametersAt(rule, offset))
      await renameKeys(changes, rule.uri, parameter, newName);
    const edit: WorkspaceEdit = { changes };
    return edit;
  });
  return { renameProvider: { prepareProvider: true } };

  /** A rule's own name, wherever it is written. */
  async function renameRule(rule: RuleText, { name, range }: Named, newText: string): Promise<Changes> {
    if (!RULE_NAME.test(newText)) throw refuse(locale(), "{0} is not a name", JSON.stringify(newText));
    const root = await files.findRoot(rule.uri);
    const changes: Changes = {};
    addEdit(changes, rule.uri, { range, newText });
    if (root === undefined || newText === name) return changes;
    const { files: sources, strategies, data, cases } = await files.readProject(root);
    if (Object.values(sources).some((text) => ruleNamesIn(text).includes(newText))) {
      throw refuse(locale(), "There is a rule {0} already", newText);
    }
    for (const { file, range: at, text } of namesOf({ ...strategies, ...data, ...cases }, name)) {
      const quoted = /^["']/.test(text)
        ? JSON.stringify(newText)
        : stringify(newText, { lineWidth: 0 }).trimEnd();
      addEdit(changes, files.uriOf(root, file), { range: at, newText: quoted });
    }
    return changes;
  }

  async function renameKeys(
    changes: Changes,
    uri: string,
    parameter: Parameter,
    newText: string,
  ): Promise<void> {
    const root = await files.findRoot(uri);
    const file = root === undefined ? undefined : pathIn(root, canonicalUri(uri));
    if (root === undefined || file === undefined) return;
    const { strategies, data, cases } = await files.readProject(root);
    const texts = { ...strategies, ...data, ...cases };
    for (const key of findParameterKeys(texts, { name: parameter.rule, file }, parameter.name)) {
      addEdit(changes, files.uriOf(root, key.file), { range: key.range, newText });
    }
  }
}

type Changes = Record<string, TextEdit[]>;
type Parameter = { rule: string; name: string };
/** A rule's name in its decorator, and the place of its letters. */
type Named = { name: string; range: Range };

/** What stands between quotes as it is; how long it may be is for the compiler to say. */
const RULE_NAME = /^(?!\s)[^"'\\\p{Cc}]+(?<!\s)$/u;

function nameAt({ virtual, document }: RuleText, offset: number): Named | undefined {
  const found = ruleNameAt(virtual, document.getText(), offset);
  if (found === undefined) return undefined;
  const { name, start, length } = found;
  return { name, range: { start: document.positionAt(start), end: document.positionAt(start + length) } };
}

/** The parameter whose field is named at an offset of the source, once for each rule that takes it. */
function parametersAt(rule: RuleText, offset: number): Parameter[] {
  const { file } = rule.checked();
  const [definition] = rule.service.getDefinitionAtPosition(rule.name, offset) ?? [];
  // A rule's parameters are declared in its own file.
  if (definition?.fileName !== rule.name) return [];
  const field = nodeAt(file, definition.textSpan.start, ts.isPropertyDeclaration);
  if (field === undefined || !ts.isClassDeclaration(field.parent)) return [];
  const className = field.parent.name?.text;
  return rule.virtual.decorators.flatMap((decorator) => {
    const { target } = decorator;
    const taking = target && nodeAt(file, target.start, ts.isFunctionDeclaration)?.parameters.at(-1);
    const name = ruleNameIn(decorator, rule.document.getText());
    const isTaken = taking?.type?.getText() === className;
    return isTaken && name !== undefined ? [{ rule: name, name: field.name.getText() }] : [];
  });
}

/** @throws ResponseError where nothing can be renamed, saying why */
function prepare(rule: RuleText, offset: number, locale: ViewLocale): { range: Range; placeholder: string } {
  const decorator = decoratorAt(rule.virtual, offset);
  if (decorator !== undefined) {
    const isName = offset <= decorator.start + 1 + decorator.name.length;
    const isKey = /^\w*\s*[=:]/.test(rule.document.getText().slice(offset));
    if (isName || isKey) throw refuse(locale, "Names of decorators and of their keys are Haggle's");
    throw refuse(locale, "Nothing here has a name that can be changed");
  }
  const info = rule.service.getRenameInfo(rule.name, offset, {});
  if (!info.canRename) throw refuse(locale, "Nothing here has a name that can be changed");
  const definitions = rule.service.getDefinitionAtPosition(rule.name, offset) ?? [];
  if (definitions.some(({ fileName }) => fileName.startsWith(LIBRARY_FOLDER))) {
    throw refuse(locale, "{0} is a name of the library", info.displayName);
  }
  const range = rule.rangeOf(info.triggerSpan);
  if (range === undefined) throw refuse(locale, "Nothing here has a name that can be changed");
  return { range, placeholder: info.displayName };
}

/** @throws ResponseError as `prepare`, and for a name that is none */
function rename(rule: RuleText, offset: number, newName: string, locale: ViewLocale): Changes {
  prepare(rule, offset, locale);
  if (!isName(newName)) throw refuse(locale, "{0} is not a name", JSON.stringify(newName));
  const owner = ownerOf(rule, offset, newName);
  if (owner !== undefined) throw refuse(locale, "{0} has a {1} already", owner, newName);
  const places = rule.service.findRenameLocations(rule.name, offset, false, false, {}) ?? [];
  const changes: Changes = {};
  for (const { fileName, textSpan, prefixText = "", suffixText = "" } of places) {
    const place = rule.locate(fileName, textSpan);
    const newText = prefixText + newName + suffixText;
    if (place !== undefined) addEdit(changes, place.uri, { range: place.range, newText });
  }
  return changes;
}

/** The class of a member at an offset, if it has one of another name already: parameters would be one in every file. */
function ownerOf(rule: RuleText, offset: number, newName: string): string | undefined {
  const { file } = rule.checked();
  const [definition] = rule.service.getDefinitionAtPosition(rule.name, offset) ?? [];
  if (definition?.fileName !== rule.name || definition.name === newName) return undefined;
  const member = nodeAt(file, definition.textSpan.start, ts.isClassElement);
  const owner = member?.parent;
  if (owner === undefined || !ts.isClassDeclaration(owner) || member?.name?.getText() !== definition.name)
    return undefined;
  return owner.members.some((each) => each.name?.getText() === newName) ? owner.name?.text : undefined;
}

/**
 * Once at each place: a decorator's call names its function as well, and cases of a folder belong to several rules that may
 * share their parameters.
 */
function addEdit(changes: Changes, uri: string, edit: TextEdit): void {
  const edits = changes[uri] ?? [];
  changes[uri] = edits;
  if (!edits.some((each) => JSON.stringify(each) === JSON.stringify(edit))) edits.push(edit);
}

function refuse(locale: ViewLocale, why: OwnText, ...values: string[]): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestFailed, tell(locale, why, ...values));
}
