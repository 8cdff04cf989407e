// What the webviews of both views are given.

import { env, Uri, type Webview, type WebviewOptions, workspace } from "vscode";
import { localeOf } from "../shared/locale.ts";
import type { ViewLocale } from "../shared/price.ts";
import { makeDocument } from "./webview-document.ts";

/** The language of the views: the setting's, or else that of VS Code. */
export function viewLocale(): ViewLocale {
  const chosen = workspace.getConfiguration("haggle").get<string>("viewLanguage", "auto");
  return localeOf(chosen === "auto" ? env.language : chosen);
}

/** Where a webview may load from: only what was built for it. */
export function webviewOptions(extensionUri: Uri): WebviewOptions {
  return { enableScripts: true, localResourceRoots: [pagesOf(extensionUri)] };
}

/** The document of a page, `cart-view` or `conflict-view`. */
export function webviewPage(webview: Webview, extensionUri: Uri, page: string): string {
  const address = (file: string) =>
    webview.asWebviewUri(Uri.joinPath(pagesOf(extensionUri), file)).toString();
  return makeDocument({
    locale: viewLocale(),
    script: address(`${page}.js`),
    style: address(`${page}.css`),
    source: webview.cspSource,
    nonce: crypto.randomUUID().replaceAll("-", ""),
  });
}

function pagesOf(extensionUri: Uri): Uri {
  return Uri.joinPath(extensionUri, "dist", "pages");
}
