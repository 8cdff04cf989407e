// Another name for something of the project: a function, a class, a field, a local. What Haggle or AssemblyScript named
// keeps its name.

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
import { LIBRARY_FOLDER } from "../language/project-service.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { isName } from "../language/syntax.ts";
import { decoratorAt } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";

export function registerRename({ provide, language }: Server): ServerCapabilities {
  provide(PrepareRenameRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    return rule === undefined ? null : prepare(rule, rule.document.offsetAt(position));
  });
  provide(RenameRequest.type, isRuleSource, async ({ textDocument, position, newName }) => {
    const rule = await language.find(textDocument.uri);
    return rule === undefined ? null : rename(rule, rule.document.offsetAt(position), newName);
  });
  return { renameProvider: { prepareProvider: true } };
}

/** @throws ResponseError where nothing can be renamed, saying why */
function prepare(rule: RuleText, offset: number): { range: Range; placeholder: string } {
  if (decoratorAt(rule.virtual, offset)) throw refuse("Names of decorators and of their keys are Haggle's");
  const info = rule.service.getRenameInfo(rule.name, offset, {});
  if (!info.canRename) throw refuse("Nothing here has a name that can be changed");
  const definitions = rule.service.getDefinitionAtPosition(rule.name, offset) ?? [];
  if (definitions.some(({ fileName }) => fileName.startsWith(LIBRARY_FOLDER))) {
    throw refuse(`${info.displayName} is a name of the library`);
  }
  const range = rule.rangeOf(info.triggerSpan);
  if (range === undefined) throw refuse("Nothing here has a name that can be changed");
  return { range, placeholder: info.displayName };
}

/** @throws ResponseError as `prepare`, and for a name that is none */
function rename(rule: RuleText, offset: number, newName: string): WorkspaceEdit {
  prepare(rule, offset);
  if (!isName(newName)) throw refuse(`${JSON.stringify(newName)} is not a name`);
  const places = rule.service.findRenameLocations(rule.name, offset, false, false, {}) ?? [];
  const changes: Record<string, TextEdit[]> = {};
  const seen = new Set<string>();
  for (const { fileName, textSpan, prefixText = "", suffixText = "" } of places) {
    const place = rule.locate(fileName, textSpan);
    const key = JSON.stringify(place);
    // The decorator's call names its function as well: that leads to the declaration, which is in the list already.
    if (place === undefined || seen.has(key)) continue;
    seen.add(key);
    changes[place.uri] ??= [];
    changes[place.uri]!.push({ range: place.range, newText: prefixText + newName + suffixText });
  }
  return { changes };
}

function refuse(why: string): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestFailed, why);
}
