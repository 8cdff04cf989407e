// Files that hold a cart, opened as the view instead of as text. The text stays the document: VS Code saves it, and
// undoes what was done to it.

import {
  type CancellationToken,
  type CustomTextEditorProvider,
  l10n,
  Range,
  type TextDocument,
  Uri,
  type WebviewPanel,
  WorkspaceEdit,
  workspace,
} from "vscode";
import type { CartViewState } from "../../shared/cart-page.ts";
import { findLostNumber } from "../../shared/json-numbers.ts";
import { JsonError } from "../../shared/json-places.ts";
import { styleOf } from "../../shared/json-print.ts";
import type { Extension } from "../activate.ts";
import { showError } from "../messages.ts";
import { findProjectOf } from "../projects.ts";
import { webviewOptions, webviewPage } from "../webview-page.ts";
import { createNewestWriter } from "./newest-writer.ts";
import { type PageSession, servePage } from "./page-session.ts";

/** The first opens by itself, for `*.cart.json`; the other where somebody asks for it, for carts beside a project. */
export const CART_EDITORS: readonly string[] = ["haggle.cart", "haggle.cartOption"];

/** `joined` is told each session, so that it hears of changed rules. */
export function createCartEditor(
  extension: Extension,
  joined: (session: PageSession, panel: WebviewPanel) => void,
): CustomTextEditorProvider {
  return {
    async resolveCustomTextEditor(
      document: TextDocument,
      panel: WebviewPanel,
      _: CancellationToken,
    ): Promise<void> {
      const { extensionUri } = extension.context;
      const project = await findProjectOf(extension.client, document.uri);
      const root = project?.root ?? Uri.joinPath(document.uri, "..").toString();
      const title = document.uri.path.split("/").at(-1)!;
      /** What stands in the document, as far as the page knows. */
      let known = JSON.stringify(read(document));
      const stateOf = (cart: unknown): CartViewState => ({
        root,
        title,
        cart,
        by: { kind: "table" },
        server: false,
      });

      const writeNewest = createNewestWriter(write);
      async function write(cart: unknown): Promise<boolean> {
        known = JSON.stringify(cart);
        const text = document.getText();
        const { unit, newline } = styleOf(text);
        const next = `${JSON.stringify(cart, null, unit).replaceAll("\n", newline)}${newline}`;
        if (next === text) return true;
        const edit = new WorkspaceEdit();
        edit.replace(document.uri, new Range(document.positionAt(0), document.positionAt(text.length)), next);
        return workspace.applyEdit(edit);
      }
      async function take(cart: unknown): Promise<void> {
        const lost = lostIn(document);
        if (lost !== undefined) {
          void showError(
            l10n.t(
              "{0} was left as it is: the form would change the number {1} in it. Edit it as text.",
              title,
              lost,
            ),
          );
          const cart = read(document);
          session.open({ ...(session.state() ?? stateOf(cart)), cart });
          return;
        }
        if (await writeNewest(cart)) return;
        void showError(l10n.t("{0} could not be changed.", title));
      }

      panel.webview.options = webviewOptions(extensionUri);
      const session = servePage(extension, panel.webview, {
        first: stateOf(read(document)),
        onCart: (cart) => void take(cart),
      });
      const listening = workspace.onDidChangeTextDocument(({ document: changed }) => {
        if (changed.uri.toString() !== document.uri.toString()) return;
        const cart = read(document);
        // Half typed elsewhere, or what the page itself has written.
        if (cart === undefined || JSON.stringify(cart) === known) return;
        known = JSON.stringify(cart);
        session.open({ ...(session.state() ?? stateOf(cart)), cart });
      });
      panel.onDidDispose(() => listening.dispose());
      joined(session, panel);
      panel.webview.html = webviewPage(panel.webview, extensionUri, "cart-view");
    },
  };
}

/** A number of the text that would be another one if it were written from what was read. */
function lostIn(document: TextDocument): string | undefined {
  try {
    return findLostNumber(document.getText())?.written;
  } catch (cause) {
    // A text that is no cart is one when it is written.
    if (!(cause instanceof JsonError)) throw cause;
    return undefined;
  }
}

function read(document: TextDocument): unknown {
  try {
    return JSON.parse(document.getText());
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}
