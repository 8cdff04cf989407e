// What can stand at the cursor: members and names that rules may use, keys and values of decorators, whole rules.

import ts from "typescript";
import {
  type CompletionItem,
  CompletionRequest,
  CompletionResolveRequest,
  InsertTextFormat,
  MarkupKind,
  type ServerCapabilities,
} from "vscode-languageserver";
import type { ViewLocale } from "../../shared/price.ts";
import { callSnippet, kindOfEntry, shownType } from "../language/completion-items.ts";
import { completeDecorators, completeKeys, completeRules } from "../language/completion-rules.ts";
import { DECORATOR_NAMES } from "../language/decorators.ts";
import { shown } from "../language/display.ts";
import { docsOf } from "../language/docs.ts";
import { RUNTIME_LIBRARY } from "../language/libraries.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { nodeAt } from "../language/syntax.ts";
import { argumentsAt, type RuleDecorator, ruleNameIn } from "../language/virtual-text.ts";
import type { Server } from "../serve.ts";
import { groupsOf } from "../yaml/world.ts";

/** What comes back with an item, to find out more about it. */
type Data = { uri: string; offset: number; name: string };

/** What TypeScript is told was typed: it falls over characters that it does not know. */
const TRIGGERS: ReadonlySet<string> = new Set([".", '"', "'"]);

export function registerCompletion(server: Server): ServerCapabilities {
  const { provide, language, locale, initialized } = server;
  const wantsSnippets = () =>
    initialized().capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;

  provide(CompletionRequest.type, isRuleSource, async ({ textDocument, position, context }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const offset = rule.document.offsetAt(position);
    const decorator = argumentsAt(rule.virtual, offset);
    const groups = decorator === undefined ? [] : await findGroups(server, rule, decorator);
    const items = complete(rule, offset, { trigger: context?.triggerCharacter, locale: locale(), groups });
    return wantsSnippets() ? items : items.flatMap(withoutSnippet);
  });
  provide(
    CompletionResolveRequest.type,
    () => true,
    async (item) => {
      const data = item.data as Data | undefined;
      // Keys, whole rules and what stands in YAML came with all that there is to say.
      if (data === undefined) return item;
      const rule = await language.find(data.uri);
      return rule === undefined ? item : { ...item, ...explain(rule, data) };
    },
  );
  return {
    completionProvider: {
      triggerCharacters: [".", '"', "@", "(", ",", "="],
      resolveProvider: true,
      completionItem: { labelDetailsSupport: true },
    },
  };
}

/** The project's, without what is being typed. As far as they are known by now: nobody waits for the compiler here. */
async function findGroups(
  { files, rules }: Server,
  { uri, document }: RuleText,
  decorator: RuleDecorator,
): Promise<string[]> {
  const root = await files.findRoot(uri);
  if (root === undefined) return [];
  const own = ruleNameIn(decorator, document.getText());
  const others = rules.of(root).rules.filter(({ name }) => name !== own);
  return groupsOf(await files.readProject(root), others);
}

function complete(
  rule: RuleText,
  offset: number,
  { trigger, locale, groups }: { trigger: string | undefined; locale: ViewLocale; groups: readonly string[] },
): CompletionItem[] {
  const decorators = completeDecorators(rule, offset, locale);
  if (decorators !== undefined) return decorators;
  const decorator = argumentsAt(rule.virtual, offset);
  if (decorator !== undefined) return completeKeys(rule, decorator, offset, groups);
  // The other characters mean something in decorators alone.
  if (trigger !== undefined && !TRIGGERS.has(trigger)) return [];
  return [...completeNames(rule, offset, trigger), ...completeRules(rule, offset, locale)];
}

function completeNames(rule: RuleText, offset: number, trigger: string | undefined): CompletionItem[] {
  const found = rule.service.getCompletionsAtPosition(rule.name, offset, {
    includeSymbol: true,
    includeCompletionsWithInsertText: false,
    ...(trigger === undefined ? {} : { triggerCharacter: trigger as ts.CompletionsTriggerCharacter }),
  });
  if (found === undefined) return [];
  const isCalled = /^\s*\(/.test(rule.document.getText().slice(offset));
  const { file } = rule.checked();
  const mayCall = !isCalled && nodeAt(file, offset, ts.isImportDeclaration) === undefined;
  const isText = found.isMemberCompletion && found.entries.some(({ name }) => name === "charCodeAt");
  return found.entries.flatMap((entry): CompletionItem[] => {
    if (!isForRules(entry, found.isMemberCompletion) || (isText && entry.name === "known")) return [];
    const data: Data = { uri: rule.uri, offset, name: entry.name };
    const range = entry.replacementSpan && rule.rangeOf(entry.replacementSpan);
    const snippet = mayCall ? callSnippet(entry) : undefined;
    return [
      {
        label: entry.name,
        kind: kindOfEntry(entry),
        sortText: sortOf(entry),
        labelDetails: shownType(entry),
        data,
        ...(range && { textEdit: { range, newText: snippet ?? entry.name } }),
        ...(snippet && { insertText: snippet, insertTextFormat: InsertTextFormat.Snippet }),
      },
    ];
  });
}

/** Keywords of TypeScript that AssemblyScript has too, and that a rule has a use for. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "as break case class const continue default do else enum export extends false for function if implements import " +
    "in instanceof interface let namespace new null private protected public readonly return static string super " +
    "switch this true type void while from get set constructor"
  ).split(" "),
);
const NO_NAMES: ReadonlySet<string> = new Set([
  "globalThis",
  "undefined",
  "arguments",
  "Object",
  "IArguments",
]);

/** Classes that asc's declarations have for themselves. */
const HIDDEN = /^_[A-Z]/;

function isForRules({ name, kind }: ts.CompletionEntry, isMember: boolean): boolean {
  if (kind === ts.ScriptElementKind.warning || name.startsWith("__")) return false;
  if (!isMember && HIDDEN.test(name)) return false;
  if (kind === ts.ScriptElementKind.keyword) return KEYWORDS.has(name);
  return isMember || !(DECORATOR_NAMES.has(name) || NO_NAMES.has(name));
}

/** What Haggle has before what AssemblyScript has. */
function sortOf({ sortText, symbol }: ts.CompletionEntry): string {
  const file = symbol?.declarations?.[0]?.getSourceFile().fileName ?? "";
  return file.endsWith(`/${RUNTIME_LIBRARY}`) ? `1${sortText}` : `2${sortText}`.replace(/^2(?=10|11)/, "1");
}

function explain(rule: RuleText, { offset, name }: Data): Partial<CompletionItem> {
  const details = rule.service.getCompletionEntryDetails(
    rule.name,
    offset,
    name,
    {},
    undefined,
    { includeSymbol: true } as ts.UserPreferences,
    undefined,
  );
  if (details === undefined) return {};
  const docs = docsOf(details);
  return {
    detail: shown(details.displayParts),
    ...(docs === "" ? {} : { documentation: { kind: MarkupKind.Markdown, value: docs } }),
  };
}

/** For clients without snippets: names stay, and whole rules are not for them. */
function withoutSnippet(item: CompletionItem): CompletionItem[] {
  if (item.insertTextFormat !== InsertTextFormat.Snippet) return [item];
  if (item.data === undefined) return [];
  const { insertText, insertTextFormat, ...plain } = item;
  return [plain];
}
