// Pictures of what a test saw, for people to look at.

import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** `HAGGLE_ARTEFACTS`, else a folder below the machine's temporary one. */
const FOLDER = process.env.HAGGLE_ARTEFACTS || join(tmpdir(), "haggle-artefacts");

/** Takes numbered pictures into a folder of this name, over those of the last run. */
export function createAlbum(name: string): { take(page: Page, what: string): Promise<void> } {
  let taken = 0;
  return {
    async take(page, what) {
      taken += 1;
      const folder = join(FOLDER, name);
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${String(taken).padStart(2, "0")}-${what}.png`) });
    },
  };
}
