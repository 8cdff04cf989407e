// A page of the extension's webviews in a browser, between VS Code, which stands in here, and the real language server.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { makeDocument, type WebviewDocument } from "../../extension/client/webview-document.ts";
import { type PageServer, servePages } from "./browser.ts";
import { THEMES, type Theme } from "./vscode-themes.ts";

const NONCE = "0123456789abcdef";
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** CSS pixels, by WCAG 2.2 (2.5.8). */
const TARGET_PX = 24;

/** Serves the built pages, each with the document that VS Code would be given. */
export async function serveWebviews(built: string): Promise<PageServer> {
  const files: Record<string, { type: string; body: string }> = {};
  for (const name of ["cart-view", "conflict-view"]) {
    const script = `/${name}.js`;
    const style = `/${name}.css`;
    files[script] = {
      type: "text/javascript",
      body: await readFile(join(built, "pages", `${name}.js`), "utf8"),
    };
    files[style] = { type: "text/css", body: await readFile(join(built, "pages", `${name}.css`), "utf8") };
    for (const locale of ["en", "zh-CN"] satisfies WebviewDocument["locale"][]) {
      const body = makeDocument({ locale, script, style, source: "'self'", nonce: NONCE });
      files[`/${name}.${locale}.html`] = { type: "text/html; charset=utf-8", body };
    }
  }
  return servePages(files);
}

/** `take` is told what the page tells VS Code; what it kept, it has again after a reload. */
export async function openWebview<To, From>(
  browser: Browser,
  { url, theme = "light", ...options }: BrowserContextOptions & { url: string; theme?: Theme },
  take: (message: From, tell: (message: To) => Promise<void>) => Promise<void> | void,
) {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width: 1100, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  const told: From[] = [];
  const tell = (message: To): Promise<void> =>
    page.evaluate((each) => window.postMessage(each, "*"), message);
  await page.exposeFunction("tellTest", async (message: From) => {
    told.push(message);
    await take(message, tell);
  });
  await page.addInitScript(standIn, { variables: THEMES[theme], theme });
  await page.goto(url);
  return { page, complaints, told, tell, close: () => context.close() };
}

/** What VS Code is to a page of its webviews: an interface, variables of the theme, and a class that names it. */
function standIn({ variables, theme }: { variables: Record<string, string>; theme: string }): void {
  const kept = sessionStorage.getItem("kept");
  let state: unknown = kept === null ? undefined : JSON.parse(kept);
  Object.assign(globalThis, {
    acquireVsCodeApi: () => ({
      postMessage: (message: unknown) =>
        void (globalThis as unknown as { tellTest: (message: unknown) => void }).tellTest(message),
      getState: () => state,
      setState: (next: unknown) => {
        state = next;
        sessionStorage.setItem("kept", JSON.stringify(next));
      },
    }),
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const [name, value] of Object.entries(variables))
      document.documentElement.style.setProperty(name, value);
    document.body.classList.add(theme === "dark" ? "vscode-dark" : "vscode-light");
  });
}

/** What axe finds wrong with the page as it is now. */
export async function findViolations(page: Page): Promise<{ id: string; nodes: string[] }[]> {
  // By the debugger, as the page's own policy lets nobody in.
  await page.evaluate(axe.source);
  return page.evaluate(async (values) => {
    const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
    const { violations } = await loaded.run(document, { runOnly: { type: "tag", values } });
    return violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
    }));
  }, TAGS);
}

/** What is wider than the window, and what is too small to be hit. */
export function findNarrow(page: Page): Promise<{ overflow: number; small: string[] }> {
  return page.evaluate((least) => {
    const shown = [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, summary")]
      .map((element) => (element.matches("[type=checkbox], [type=radio]") ? element.parentElement! : element))
      .filter((element) => element.checkVisibility());
    const small = shown.filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width < least || height < least;
    });
    const { scrollWidth, clientWidth } = document.documentElement;
    return {
      overflow: scrollWidth - clientWidth,
      small: small.map(({ outerHTML }) => outerHTML.slice(0, 120)),
    };
  }, TARGET_PX);
}
