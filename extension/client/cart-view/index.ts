// The view in which a cart is edited and priced: as a panel for any cart, and as the editor of files that hold one.

import { commands, l10n, ViewColumn, type WebviewPanel, window, workspace } from "vscode";
import type { CartViewState, CaseName } from "../../shared/cart-page.ts";
import { canonicalUri, kindOf, pathIn } from "../../shared/project-files.ts";
import type { Extension } from "../activate.ts";
import { showWarning } from "../messages.ts";
import { PROJECT_DATA } from "../options.ts";
import { chooseProject } from "../projects.ts";
import { webviewOptions, webviewPage } from "../webview-page.ts";
import { CART_EDITORS, createCartEditor } from "./cart-editor.ts";
import { type PageSession, servePage } from "./page-session.ts";
import { cartOfCase, cartOfProject, cartOfRule } from "./starting-cart.ts";

const CART_VIEW = "haggle.cartView";
const PAGE = "cart-view";
/** A pause in typing a promotion. */
const SETTLE_MS = 150;

/** Of `haggle.openCartView`. Without a root the project is asked for, without anything else a cart is found. */
type OpenOptions = {
  root?: string;
  cart?: unknown;
  /** Prices by this rule alone. */
  rule?: string;
  title?: string;
  caseOf?: CaseName;
  /** Prices as the server does. */
  server?: boolean;
};

type Open = { session: PageSession; panel: WebviewPanel };

export function registerCartView(extension: Extension): void {
  const { context, onRulesChanged } = extension;
  const open = new Set<Open>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  function join(session: PageSession, panel: WebviewPanel): void {
    const own = { session, panel };
    open.add(own);
    panel.onDidDispose(() => {
      open.delete(own);
      session.dispose();
    });
  }

  function serve(panel: WebviewPanel, first: CartViewState | undefined): void {
    panel.webview.options = webviewOptions(context.extensionUri);
    join(servePage(extension, panel.webview, { first }), panel);
    panel.webview.html = webviewPage(panel.webview, context.extensionUri, PAGE);
  }

  function show(state: CartViewState): void {
    const same = [...open].find(
      ({ session, panel }) => panel.viewType.endsWith(CART_VIEW) && isOfSame(session, state),
    );
    if (same !== undefined) {
      same.session.open(state);
      same.panel.reveal();
      return;
    }
    const title = l10n.t("Cart: {0}", state.title);
    serve(window.createWebviewPanel(CART_VIEW, title, ViewColumn.Beside), state);
  }

  function refresh(root: string): void {
    for (const { session } of open) {
      const own = session.state()?.root;
      if (own !== undefined && canonicalUri(own) === canonicalUri(root)) session.refresh();
    }
  }

  /** A file of promotions or a policy is not what it was, in the editor or on disk. */
  function dataChanged(address: string): void {
    const uri = canonicalUri(address);
    for (const root of new Set([...open].flatMap(({ session }) => session.state()?.root ?? []))) {
      const path = pathIn(canonicalUri(root), uri);
      if (path === undefined || kindOf(path) !== "data") continue;
      clearTimeout(timers.get(root));
      timers.set(
        root,
        setTimeout(() => refresh(root), SETTLE_MS),
      );
    }
  }

  const data = workspace.createFileSystemWatcher(PROJECT_DATA);
  for (const event of [data.onDidChange, data.onDidCreate, data.onDidDelete]) {
    context.subscriptions.push(event((uri) => dataChanged(uri.toString())));
  }
  context.subscriptions.push(
    data,
    onRulesChanged(refresh),
    workspace.onDidChangeTextDocument(({ document }) => dataChanged(document.uri.toString())),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("haggle.viewLanguage")) return;
      // The page keeps its cart, and comes back with it.
      for (const { panel } of open)
        panel.webview.html = webviewPage(panel.webview, context.extensionUri, PAGE);
    }),
    { dispose: () => timers.forEach(clearTimeout) },
    commands.registerCommand("haggle.openCartView", async (options: OpenOptions = {}) => {
      const state = await stateOf(extension, options);
      if (state !== undefined) show(state);
    }),
    window.registerWebviewPanelSerializer(CART_VIEW, {
      async deserializeWebviewPanel(panel, kept: { state: CartViewState } | undefined) {
        serve(panel, kept?.state);
      },
    }),
    ...CART_EDITORS.map((type) =>
      window.registerCustomEditorProvider(type, createCartEditor(extension, join)),
    ),
  );
}

async function stateOf(extension: Extension, options: OpenOptions): Promise<CartViewState | undefined> {
  const { client } = extension;
  const { rule, caseOf, title, cart, server = false } = options;
  const project =
    options.root === undefined
      ? await chooseProject(client)
      : { root: options.root, name: nameOf(options.root) };
  if (project === undefined) return undefined;
  const { root } = project;
  if (caseOf !== undefined) {
    const found = await cartOfCase(root, caseOf);
    if (found === undefined) {
      void showWarning(l10n.t("{0} has no case “{1}” any more.", caseOf.file, caseOf.name));
    }
    return found;
  }
  const by = rule === undefined ? ({ kind: "table" } as const) : ({ kind: "rule", rule } as const);
  if (cart !== undefined) return { root, title: title ?? rule ?? project.name, cart, by, server };
  const found = rule === undefined ? await cartOfProject(project) : await cartOfRule(client, root, rule);
  return { ...found, ...(title !== undefined && { title }), server };
}

/** A view of the same case, rule or title goes on with the new cart. */
function isOfSame(session: PageSession, state: CartViewState): boolean {
  const shown = session.state();
  const keyOf = ({ root, title, caseOf, by }: CartViewState) =>
    JSON.stringify([root, caseOf ?? title, by.kind === "rule" ? by.rule : ""]);
  return shown !== undefined && keyOf(shown) === keyOf(state);
}

function nameOf(root: string): string {
  return decodeURIComponent(root.split("/").at(-1) ?? root);
}
