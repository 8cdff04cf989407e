// What both views' webviews are given: a page with one script and one style of ours, and nothing from elsewhere.

import { env, Uri, type Webview, type WebviewOptions, workspace } from "vscode";
import type { ViewLocale } from "../shared/price.ts";

const CHINESE = "zh-CN";

/** The language of the views: the setting's, or else that of VS Code. */
export function viewLocale(): ViewLocale {
  const chosen = workspace.getConfiguration("haggle").get<string>("viewLanguage", "auto");
  const language = chosen === "auto" ? env.language : chosen;
  return language.toLowerCase().startsWith("zh") ? CHINESE : "en";
}

/** Where a webview may load from: only what was built for it. */
export function webviewOptions(extensionUri: Uri): WebviewOptions {
  return { enableScripts: true, localResourceRoots: [pagesOf(extensionUri)] };
}

/** The document of a page, `cart-view` or `conflict-view`. */
export function webviewPage(webview: Webview, extensionUri: Uri, page: string): string {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const address = (file: string) => webview.asWebviewUri(Uri.joinPath(pagesOf(extensionUri), file)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    // Text never becomes HTML in these pages, so nothing may turn it into that.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="${viewLocale()}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Haggle</title>
    <link rel="stylesheet" href="${address(`${page}.css`)}" />
  </head>
  <body>
    <script nonce="${nonce}" src="${address(`${page}.js`)}"></script>
  </body>
</html>`;
}

function pagesOf(extensionUri: Uri): Uri {
  return Uri.joinPath(extensionUri, "dist", "pages");
}
