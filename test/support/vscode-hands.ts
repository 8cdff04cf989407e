// What somebody does in VS Code with keys and mouse.

import { errors, type FrameLocator, type Locator, type Page } from "playwright-core";

export type Hands = ReturnType<typeof handsOn>;

export function handsOn(page: Page) {
  const quickInput = page.locator(".quick-input-widget");

  const input = quickInput.locator("input.input").first();

  /** Presses keys, one after the other, until something shows: VS Code drops what is pressed while it is not ready for it. */
  async function show(keys: string | readonly string[], what: Locator): Promise<void> {
    for (let tries = 0; tries < 10; tries += 1) {
      for (const key of [keys].flat()) await page.keyboard.press(key);
      const isThere = await what.waitFor({ timeout: 4_000 }).then(
        () => true,
        (cause: unknown) => {
          if (cause instanceof errors.TimeoutError) return false;
          throw cause;
        },
      );
      if (isThere) return;
    }
    throw new Error(`${keys} shows nothing`);
  }

  /**
   * Types into what a key shows and takes what is found by that, all of it again where it was gone before: a dialog that closes
   * takes the focus from it, and of a command that becomes possible a moment later it knows only when it opens anew.
   */
  async function find(key: string, text: string, take: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await show(key, input);
      try {
        await input.fill(text, { timeout: 4_000 });
        return await take();
      } catch (cause) {
        if (!(cause instanceof errors.TimeoutError) || tries === 6) throw cause;
      }
    }
  }

  const option = (words: string | RegExp) =>
    quickInput.getByRole("option").filter({ hasText: words }).first();

  /** The lines of the editor that are on the screen, with plain spaces. */
  async function text(): Promise<string> {
    const lines = await page.locator(".editor-instance .view-lines").first().innerText();
    return lines.replaceAll("\u00a0", " ");
  }

  return {
    page,
    text,
    show,
    /** Runs a command by its name in the palette. */
    async command(title: string): Promise<void> {
      await find("F1", `>${title}`, () => option(title).click({ timeout: 6_000 }));
    },
    /** Answers a question of the palette by what is typed. */
    async answer(question: string, value: string): Promise<void> {
      const asked = quickInput.getByText(question).first();
      await asked.waitFor();
      await input.fill(value);
      await input.press("Enter");
      await asked.waitFor({ state: "hidden" });
    },
    /** Answers a question of the palette by one of its choices. */
    async choose(choice: string | RegExp): Promise<void> {
      await option(choice).click();
    },
    /** Opens a file of the workspace by its name. */
    async open(file: string): Promise<void> {
      await find("Control+p", file, () => option(file.split("/").at(-1)!).click({ timeout: 6_000 }));
    },
    /** Puts the cursor there, counted from 1 as VS Code shows it. */
    async goTo(line: number, column: number): Promise<void> {
      await find("Control+g", `:${line}:${column}`, async () => {
        await input.press("Enter", { timeout: 4_000 });
        await input.waitFor({ state: "hidden", timeout: 6_000 });
      });
    },
    /** A dialog in the middle of the window. */
    dialog: (): Locator => page.locator(".monaco-dialog-box"),
    /** What the panel in front shows: VS Code puts a webview's page into a frame of a frame. */
    webview: (): FrameLocator => page.frameLocator("iframe.webview:visible").frameLocator("#active-frame"),
    notification: (words: string): Locator =>
      page.locator(".notification-list-item, .notifications-toasts").filter({ hasText: words }).first(),
  };
}
