// The document of a webview: one script and one style of ours, and nothing from elsewhere.

import type { ViewLocale } from "../shared/price.ts";

export type WebviewDocument = {
  locale: ViewLocale;
  script: string;
  style: string;
  /** Where styles may come from, as VS Code spells it. */
  source: string;
  /** Another one for each document. */
  nonce: string;
};

export function makeDocument({ locale, script, style, source, nonce }: WebviewDocument): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    // Text never becomes HTML in these pages, so nothing may turn it into that.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="${locale}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Haggle</title>
    <link rel="stylesheet" href="${style}" />
  </head>
  <body>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>`;
}
