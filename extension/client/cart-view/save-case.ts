// A cart of the view as a case: in a new one, or in the one that it came from. The files are changed as an editor changes
// them, so that everything can be undone.

import { l10n, Range, type TextDocument, Uri, WorkspaceEdit, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { CartViewState, CaseName } from "../../shared/cart-page.ts";
import {
  appendCase,
  caseNames,
  changeCase,
  circumstancesOf,
  expectationOf,
  findCase,
} from "../../shared/case-text.ts";
import type { TextChange } from "../../shared/expectation.ts";
import { findLostNumber } from "../../shared/json-numbers.ts";
import { JsonError } from "../../shared/json-places.ts";
import { PRICE, type PriceAnswer } from "../../shared/price.ts";
import { uriIn } from "../../shared/project-files.ts";
import { type ProjectRules, RULES } from "../../shared/protocol.ts";
import { CASES, type CaseFile } from "../../shared/runs.ts";
import { showError, showInformation, showWarning } from "../messages.ts";
import { say } from "../say.ts";

/** Asks where to and by which name. Undefined when nobody said, or nothing could be written. */
export async function saveCase(
  client: BaseLanguageClient,
  state: CartViewState,
): Promise<CaseName | undefined> {
  const answer = await priceAsCase(client, state);
  if (answer === undefined) return undefined;
  const choice = await chooseFile(client, state);
  if (choice === undefined) return undefined;
  const { file, rules } = choice;
  const uri = Uri.parse(uriIn(state.root, file));
  const document = await findDocument(uri);
  const text = document?.getText() ?? "";
  const name = await askName(state, namesIn(client, text, file));
  if (name === undefined) return undefined;
  const stated = circumstancesOf(state.by, { file, rules }, answer.promotions);
  const added = { name, cart: state.cart, ...stated, expect: expectationOf(answer.decision) };
  const change = changeOrRefuse(client, file, () => appendCase(text, added));
  if (change === undefined) return undefined;
  await write(uri, document, [change]);
  return { file, name };
}

export async function updateCase(
  client: BaseLanguageClient,
  state: CartViewState,
): Promise<CaseName | undefined> {
  const { caseOf, root } = state;
  if (caseOf === undefined) return undefined;
  const uri = Uri.parse(uriIn(root, caseOf.file));
  const document = await findDocument(uri);
  const text = document?.getText() ?? "[]";
  const found = changeOrRefuse(client, caseOf.file, () => findCase(text, caseOf.name));
  if (found === undefined) {
    void showWarning(l10n.t("{0} has no case “{1}” any more.", caseOf.file, caseOf.name));
    return undefined;
  }
  const lost = findLostNumber(text, found.node);
  if (lost !== undefined) {
    void showError(
      l10n.t(
        "{0} was left as it is: the form would change the number {1} in it. Edit it as text.",
        caseOf.file,
        lost.written,
      ),
    );
    return undefined;
  }
  // Whatever the view is priced by just now, the case says itself what it is priced by.
  const { cart: _, ...circumstances } = found.stated;
  const answer = await priceAsCase(client, {
    ...state,
    by: { kind: "case", file: caseOf.file, ...circumstances },
  });
  if (answer === undefined) return undefined;
  await write(uri, document, changeCase(text, found.node, state.cart, answer.decision));
  return caseOf;
}

/** Cases are priced as a shop's page prices: what only the server knows is not in them. */
async function priceAsCase(
  client: BaseLanguageClient,
  { root, cart, by }: CartViewState,
): Promise<(PriceAnswer & { ok: true }) | undefined> {
  const answer: PriceAnswer = await client.sendRequest(PRICE, { root, cart, by });
  if (answer.ok) return answer;
  const why =
    answer.kind === "refused" ? `${answer.code}: ${answer.message}` : l10n.t("The project does not build.");
  void showError(l10n.t("This cart makes no case. {0}", why));
  return undefined;
}

type CaseFileChoice = { file: string; rules: readonly string[] };

async function chooseFile(
  client: BaseLanguageClient,
  state: CartViewState,
): Promise<CaseFileChoice | undefined> {
  const { root, by, caseOf } = state;
  const [files, { rules }] = await Promise.all([
    client.sendRequest<CaseFile[]>(CASES, { root }),
    client.sendRequest<ProjectRules>(RULES, { root }),
  ]);
  const known = new Set(files.map(({ file }) => file));
  const fresh = new Map<string, string[]>();
  for (const { file, name } of rules) {
    const own = file.replace(/\.rule\.ts$/, ".cases.json");
    const isBeside = files.some((each) => each.rules.includes(name));
    if (!known.has(own) && !isBeside) fresh.set(own, [...(fresh.get(own) ?? []), name]);
  }
  const choices = [
    ...files.map(({ file, rules: own }) => ({ label: file, description: own.join(", "), file, rules: own })),
    ...[...fresh].map(([file, own]) => ({ label: file, description: l10n.t("new file"), file, rules: own })),
  ];
  const meant = (choice: CaseFileChoice) =>
    choice.file === (caseOf?.file ?? (by.kind === "case" ? by.file : undefined)) ||
    (by.kind === "rule" && choice.rules.includes(by.rule));
  choices.sort((a, b) => Number(meant(b)) - Number(meant(a)) || (a.file < b.file ? -1 : 1));
  if (choices.length === 0) {
    void showInformation(l10n.t("Cases stand beside rules, and this project has none."));
    return undefined;
  }
  return window.showQuickPick(choices, {
    placeHolder: l10n.t("In which file?"),
    matchOnDescription: true,
    // The view that asks takes the focus back between two questions.
    ignoreFocusOut: true,
  });
}

async function askName(
  { caseOf, title }: CartViewState,
  taken: readonly string[],
): Promise<string | undefined> {
  return window
    .showInputBox({
      prompt: l10n.t("What does the case show?"),
      value: caseOf === undefined ? title : "",
      ignoreFocusOut: true,
      validateInput(value) {
        if (value.trim() === "") return l10n.t("A case needs a name.");
        return taken.includes(value.trim()) ? l10n.t("The file has a case of this name.") : undefined;
      },
    })
    .then((value) => value?.trim());
}

function namesIn(client: BaseLanguageClient, text: string, file: string): string[] {
  return text.trim() === "" ? [] : (changeOrRefuse(client, file, () => caseNames(text)) ?? []);
}

/** What `make` gives; says why a text that is no JSON is left as it is. */
function changeOrRefuse<T>(client: BaseLanguageClient, file: string, make: () => T): T | undefined {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    const { message } = cause;
    void say(client, { code: "CLI_NOT_JSON", message }).then((why) =>
      showError(l10n.t("{0} is no JSON: {1}", file, why)),
    );
    return undefined;
  }
}

async function findDocument(uri: Uri): Promise<TextDocument | undefined> {
  try {
    await workspace.fs.stat(uri);
  } catch {
    return undefined; // not there yet
  }
  return workspace.openTextDocument(uri);
}

async function write(
  uri: Uri,
  document: TextDocument | undefined,
  changes: readonly TextChange[],
): Promise<void> {
  const edit = new WorkspaceEdit();
  if (document === undefined) edit.createFile(uri, { contents: new TextEncoder().encode(changes[0]!.text) });
  else {
    for (const { start, end, text } of changes) {
      edit.replace(uri, new Range(document.positionAt(start), document.positionAt(end)), text);
    }
  }
  // What somebody has not saved yet stays for him to save.
  const wasSaved = document?.isDirty === false;
  if (!(await workspace.applyEdit(edit))) throw new Error(l10n.t("{0} could not be changed.", uri.path));
  if (wasSaved) await document.save();
}
