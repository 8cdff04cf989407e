// The command for a bundle: from the explorer's menu for the file that was clicked, from the palette for one to choose.

import { l10n, Uri, window } from "vscode";
import type { BundleVerdict } from "../shared/protocol.ts";
import { showError, showInformation } from "./messages.ts";

export async function verifyBundle(
  [clicked]: readonly unknown[],
  ask: (uri: string) => unknown,
): Promise<BundleVerdict | undefined> {
  const file = clicked instanceof Uri ? clicked : await chooseFile();
  if (file === undefined) return undefined;
  const verdict = (await ask(file.toString())) as BundleVerdict | undefined;
  if (verdict?.ok) {
    const { functions, memoryPages, maxStackDepth } = verdict;
    void showInformation(
      l10n.t(
        "The bundle fits the sandbox profile: {0} functions, {1} pages of memory, calls at most {2} deep. Signatures were not looked at.",
        functions,
        memoryPages,
        maxStackDepth,
      ),
    );
  } else if (verdict) {
    void showError(`${verdict.code}: ${verdict.message}`);
  }
  return verdict;
}

async function chooseFile(): Promise<Uri | undefined> {
  const [file] = (await window.showOpenDialog({ filters: { WebAssembly: ["wasm"] } })) ?? [];
  return file;
}
