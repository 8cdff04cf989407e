// Where the machine keeps a Chromium. `npm test` puts one on a Debian machine; everything else only looks.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** The path of a Chromium, from `HAGGLE_CHROMIUM`, the PATH or the usual places; undefined when there is none. */
export function findChromium(
  environment: Record<string, string | undefined> = process.env,
): string | undefined {
  const given = environment.HAGGLE_CHROMIUM;
  if (given && isExecutable(given)) return given;
  return findProgram(NAMES, environment) ?? PLACES.find(isExecutable);
}

/** The path of the first of these programs on the PATH. */
export function findProgram(
  names: readonly string[],
  environment: Record<string, string | undefined> = process.env,
): string | undefined {
  const folders = (environment.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not ours to run: the next place may be
  }
}
