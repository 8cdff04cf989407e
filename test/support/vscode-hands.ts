// What somebody does in VS Code with keys and mouse.

import type { FrameLocator, Locator, Page } from "playwright-core";

export type Hands = ReturnType<typeof handsOn>;

export function handsOn(page: Page) {
  const quickInput = page.locator(".quick-input-widget");

  /** The lines of the editor that are on the screen, with plain spaces. */
  async function text(): Promise<string> {
    const lines = await page.locator(".editor-instance .view-lines").first().innerText();
    return lines.replaceAll("\u00a0", " ");
  }

  return {
    page,
    text,
    /** Runs a command by its name in the palette. */
    async command(title: string): Promise<void> {
      await page.keyboard.press("F1");
      await quickInput.locator("input").first().fill(`>${title}`);
      await quickInput.getByRole("option").filter({ hasText: title }).first().click();
    },
    /** Answers a question of the palette by what is typed. */
    async answer(question: string, value: string): Promise<void> {
      await quickInput.getByText(question, { exact: false }).first().waitFor();
      await quickInput.locator("input").first().fill(value);
      await page.keyboard.press("Enter");
    },
    /** Answers a question of the palette by one of its choices. */
    async choose(choice: string): Promise<void> {
      await quickInput.getByRole("option").filter({ hasText: choice }).first().click();
    },
    /** Puts the cursor there, counted from 1 as VS Code shows it. */
    async goTo(line: number, column: number): Promise<void> {
      await page.keyboard.press("Control+g");
      await quickInput.locator("input").first().fill(`:${line}:${column}`);
      await page.keyboard.press("Enter");
    },
    /** A dialog in the middle of the window. */
    dialog: (): Locator => page.locator(".monaco-dialog-box"),
    /** What a panel shows: VS Code puts a webview's page into a frame of a frame. */
    webview: (): FrameLocator => page.frameLocator("iframe.webview").frameLocator("#active-frame"),
    notification: (words: string): Locator =>
      page.locator(".notification-list-item, .notifications-toasts").filter({ hasText: words }).first(),
  };
}
