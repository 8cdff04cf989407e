// What somebody does in VS Code with keys and mouse.

import { errors, type FrameLocator, type Locator, type Page } from "playwright-core";

export type Hands = ReturnType<typeof handsOn>;

export function handsOn(page: Page) {
  const quickInput = page.locator(".quick-input-widget");

  const input = quickInput.locator("input.input").first();

  /** Presses a key until something shows: VS Code drops what is pressed while it is not ready for it. */
  async function show(key: string, what: Locator): Promise<void> {
    for (let tries = 0; tries < 10; tries += 1) {
      await page.keyboard.press(key);
      const isThere = await what.waitFor({ timeout: 4_000 }).then(
        () => true,
        (cause: unknown) => {
          if (cause instanceof errors.TimeoutError) return false;
          throw cause;
        },
      );
      if (isThere) return;
    }
    throw new Error(`${key} shows nothing`);
  }

  /** Types into what a key shows, again where it was gone before that: a dialog that closes takes the focus from it. */
  async function type(key: string, text: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await show(key, input);
      try {
        return await input.fill(text, { timeout: 4_000 });
      } catch (cause) {
        if (!(cause instanceof errors.TimeoutError) || tries === 10) throw cause;
      }
    }
  }

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
      await type("F1", `>${title}`);
      await quickInput.getByRole("option").filter({ hasText: title }).first().click();
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
    async choose(choice: string): Promise<void> {
      await quickInput.getByRole("option").filter({ hasText: choice }).first().click();
    },
    /** Opens a file of the workspace by its name. */
    async open(file: string): Promise<void> {
      await type("Control+p", file);
      await quickInput
        .getByRole("option")
        .filter({ hasText: file.split("/").at(-1)! })
        .first()
        .click();
    },
    /** Puts the cursor there, counted from 1 as VS Code shows it. */
    async goTo(line: number, column: number): Promise<void> {
      await type("Control+g", `:${line}:${column}`);
      await input.press("Enter");
      await input.waitFor({ state: "hidden" });
    },
    /** A dialog in the middle of the window. */
    dialog: (): Locator => page.locator(".monaco-dialog-box"),
    /** What a panel shows: VS Code puts a webview's page into a frame of a frame. */
    webview: (): FrameLocator => page.frameLocator("iframe.webview").frameLocator("#active-frame"),
    notification: (words: string): Locator =>
      page.locator(".notification-list-item, .notifications-toasts").filter({ hasText: words }).first(),
  };
}
