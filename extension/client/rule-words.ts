// What the language server says of rules, in the user's language: what completions are, and why something keeps its name.

import { type CompletionItem, type CompletionList, l10n } from "vscode";
import type { CompletionMiddleware, RenameMiddleware } from "vscode-languageclient";

/** Part of the client's middleware. */
export const writeRules: CompletionMiddleware & RenameMiddleware = {
  async provideCompletionItem(document, position, context, token, next) {
    const found = await next(document, position, context, token);
    for (const item of itemsOf(found)) {
      const shown = item.detail === undefined ? undefined : detailOf(item.detail);
      if (shown !== undefined) item.detail = shown;
    }
    return found;
  },
  prepareRename: (document, position, token, next) => inWords(() => next(document, position, token)),
  provideRenameEdits: (document, position, newName, token, next) =>
    inWords(() => next(document, position, newName, token)),
};

function itemsOf(found: CompletionItem[] | CompletionList | null | undefined): readonly CompletionItem[] {
  return Array.isArray(found) ? found : (found?.items ?? []);
}

function detailOf(detail: string): string | undefined {
  switch (detail) {
    case "A promotion":
      return l10n.t("A promotion");
    case "A promotion: what is taken off a cart":
      return l10n.t("A promotion: what is taken off a cart");
    case "A promotion that shops fit to their needs":
      return l10n.t("A promotion that shops fit to their needs");
    case "A pricing rule":
      return l10n.t("A pricing rule");
    case "A pricing rule: what a unit costs":
      return l10n.t("A pricing rule: what a unit costs");
    case "Of AssemblyScript":
      return l10n.t("Of AssemblyScript");
    default:
      return undefined;
  }
}

async function inWords<T>(ask: () => T | Thenable<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new Error(refusalOf(cause.message) ?? cause.message, { cause });
  }
}

function refusalOf(message: string): string | undefined {
  if (message === "Names of decorators and of their keys are Haggle's") {
    return l10n.t("Names of decorators and of their keys are Haggle's");
  }
  if (message === "Nothing here has a name that can be changed") {
    return l10n.t("Nothing here has a name that can be changed");
  }
  const [, library] = /^(.+) is a name of the library$/.exec(message) ?? [];
  if (library !== undefined) return l10n.t("{0} is a name of the library", library);
  const [, word] = /^(.+) is not a name$/.exec(message) ?? [];
  return word === undefined ? undefined : l10n.t("{0} is not a name", word);
}
