// One page of the cart view, in a panel or as the editor of a file: answers what it asks.

import { CancellationTokenSource, env, l10n, type Webview } from "vscode";
import type { CartViewState, FromCartPage, ToCartPage } from "../../shared/cart-page.ts";
import { PRICE, type PriceAnswer, type PriceRequest } from "../../shared/price.ts";
import { type ProjectRules, RULES } from "../../shared/protocol.ts";
import type { Extension } from "../activate.ts";
import { goToFault, goToPromotion } from "../go-to.ts";
import { messageOf, showError } from "../messages.ts";
import { saveCase, updateCase } from "./save-case.ts";

export type PageSession = {
  /** What the page shows now, as far as it said. */
  state(): CartViewState | undefined;
  open(state: CartViewState): void;
  /** Whatever carts are priced by may have changed. */
  refresh(): void;
  dispose(): void;
};

export type SessionOptions = {
  /** What to show when the page has nothing of its own to go on with. */
  first: CartViewState | undefined;
  /** Given where the cart is a document's: told each cart that the page makes of it. */
  onCart?: (cart: unknown) => void;
};

export function servePage(
  { client }: Extension,
  webview: Webview,
  { first, onCart }: SessionOptions,
): PageSession {
  let current = first;
  let isReady = false;
  let pricing: CancellationTokenSource | undefined;
  const tell = (message: ToCartPage) => void webview.postMessage(message);

  async function price({ revision, ...request }: PriceRequest & { revision: number }): Promise<void> {
    pricing?.cancel();
    const own = new CancellationTokenSource();
    pricing = own;
    try {
      const answer: PriceAnswer = await client.sendRequest(PRICE, request, own.token);
      if (!own.token.isCancellationRequested) tell({ kind: "priced", revision, answer });
    } catch (cause) {
      if (own.token.isCancellationRequested) return;
      tell({ kind: "unanswered", revision, message: messageOf(cause) });
    } finally {
      own.dispose();
    }
  }

  async function tellRules(root: string): Promise<void> {
    try {
      const { rules }: ProjectRules = await client.sendRequest(RULES, { root });
      tell({ kind: "rules", rules: rules.map(({ name }) => name) });
    } catch {
      // The page then has the whole table to choose; its prices say what is wrong.
      tell({ kind: "rules", rules: [] });
    }
  }

  function open(state: CartViewState): void {
    current = state;
    tell({ kind: "open", state, ...(onCart && { isDocument: true }) });
  }

  async function take(message: FromCartPage): Promise<void> {
    switch (message.kind) {
      case "ready":
        isReady = true;
        // A page that was loaded again goes on with what it had, unless the cart is a document's.
        if (message.state !== undefined && onCart === undefined) current = message.state;
        else if (current !== undefined) open(current);
        if (current !== undefined) await tellRules(current.root);
        break;
      case "price":
        if (current !== undefined) current = { ...current, cart: message.cart, by: message.by };
        await price({ ...message });
        break;
      case "changed":
        current = message.state;
        onCart?.(message.state.cart);
        break;
      case "saveCase":
      case "updateCase": {
        const save = message.kind === "saveCase" ? saveCase : updateCase;
        const caseOf = await save(client, message.state);
        if (caseOf !== undefined) tell({ kind: "saved", caseOf });
        break;
      }
      case "copy":
        await env.clipboard.writeText(message.text);
        break;
      case "goToPromotion":
        await goToPromotion(client, message.root, message.promotion);
        break;
      case "goToFault":
        await goToFault(message.root, message.fault);
        break;
    }
  }

  const listening = webview.onDidReceiveMessage((message: FromCartPage) =>
    take(message).catch((cause: unknown) => {
      void showError(l10n.t("Cart view: {0}", messageOf(cause)));
    }),
  );
  return {
    state: () => current,
    open(state) {
      current = state;
      if (!isReady) return;
      open(state);
      void tellRules(state.root);
    },
    refresh() {
      if (isReady && current !== undefined) void tellRules(current.root);
    },
    dispose() {
      pricing?.cancel();
      listening.dispose();
    },
  };
}
