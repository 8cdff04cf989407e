// Where a diagnostic's code leads: to its place in the page that comes with the extension, so that it is this version's
// and needs no network. The language server makes the addresses from the base that it is given.

import { commands, type ExtensionContext, env, Uri, type UriHandler, window } from "vscode";
import { localeOf } from "../shared/locale.ts";
import type { Extension } from "./activate.ts";

const CODES = "codes";

/** What the address of a code's text begins with; the code comes behind. */
export function docsBaseOf(context: ExtensionContext): string {
  return `${env.uriScheme}://${context.extension.id}/${CODES}/`;
}

/** Opens the page at a code when its address is followed. */
export function registerDocs({ context }: Extension): void {
  const file = localeOf(env.language) === "zh-CN" ? `${CODES}.zh-cn.md` : `${CODES}.md`;
  const page = Uri.joinPath(context.extensionUri, "dist", "docs", file);
  const handler: UriHandler = {
    async handleUri({ path }) {
      const [, area, code = ""] = path.split("/");
      if (area !== CODES || !/^[A-Z0-9_]*$/.test(code)) return;
      await commands.executeCommand("markdown.showPreview", page.with({ fragment: code.toLowerCase() }));
    },
  };
  context.subscriptions.push(window.registerUriHandler(handler));
}
