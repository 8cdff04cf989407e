// With which cart a view begins, where nobody brings one.

import { RelativePattern, Uri, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { CartViewState, CaseName } from "../../shared/cart-page.ts";
import { findCase } from "../../shared/case-text.ts";
import { sampleCart } from "../../shared/price.ts";
import { uriIn } from "../../shared/project-files.ts";
import type { ProjectInfo } from "../../shared/protocol.ts";
import { CASES, type CaseFile } from "../../shared/runs.ts";

/** Where the project's template has carts to try. */
const CARTS = "carts/*.json";

/** The cart of a case, priced by what the case says; undefined where it is not there any more. */
export async function cartOfCase(root: string, caseOf: CaseName): Promise<CartViewState | undefined> {
  const { file, name } = caseOf;
  const document = await workspace.openTextDocument(Uri.parse(uriIn(root, file)));
  const found = findCase(document.getText(), name);
  if (found === undefined) return undefined;
  const { cart, ...circumstances } = found.stated;
  return { root, title: name, cart, by: { kind: "case", file, ...circumstances }, server: false, caseOf };
}

/** The cart of the first case beside a rule, priced by that rule alone. */
export async function cartOfRule(
  client: BaseLanguageClient,
  root: string,
  rule: string,
): Promise<CartViewState> {
  const files: CaseFile[] = await client.sendRequest(CASES, { root });
  const beside = files.find(({ rules, cases }) => rules.includes(rule) && cases.length > 0);
  const first = beside && (await cartOfCase(root, { file: beside.file, name: beside.cases[0]!.name }));
  return { root, title: rule, cart: first?.cart ?? freshCart(), by: { kind: "rule", rule }, server: false };
}

/** One of the project's carts, else one that is made. */
export async function cartOfProject({ root, name }: ProjectInfo): Promise<CartViewState> {
  const [file] = await workspace.findFiles(new RelativePattern(Uri.parse(`${root}/`), CARTS), null, 1);
  const cart = file && (await readCart(file));
  return { root, title: name, cart: cart ?? freshCart(), by: { kind: "table" }, server: false };
}

function freshCart(): unknown {
  return sampleCart(Date.now(), workspace.getConfiguration("haggle").get("currency", "CNY"));
}

async function readCart(file: Uri): Promise<unknown> {
  try {
    return JSON.parse((await workspace.openTextDocument(file)).getText());
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}
