import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { explainError } from "@haggle/abi";
import {
  BOUNDS_FILES,
  POLICY_FILES,
  PROMOTIONS_FILE,
  PROMOTIONS_FOLDER,
} from "@haggle/toolchain/project-files";
import { dataFolder, onePath } from "../arguments.ts";
import { createFolderBuilder, type FolderBuild } from "../build-to-folder.ts";
import { refusalOf } from "../files.ts";
import type { Verb } from "../main.ts";
import { type ProjectFolder, readProject } from "../project.ts";
import { counted, shortDigest, showDiagnostic, showError, shown, type Terminal } from "../terminal.ts";
import { watchFolders } from "../watch-folders.ts";

/** Editors write a file in several steps; a build in between would report errors that are none. */
const SETTLE_MS = 40;
/** Some of them take the file away, or empty it, before the new text is there. */
const RETURN_MS = 250;
/** Half a channel's life: the folder never expires under a server while `dev` runs. */
const RENEW_MS = 12 * 60 * 60 * 1000;

/** What a project is read from. */
const SOURCES = ["rules", PROMOTIONS_FOLDER, PROMOTIONS_FILE, ...POLICY_FILES, ...BOUNDS_FILES];

export const dev: Verb = {
  usage: `Usage: haggle dev [DIR] [--out DIR]

Watches rules, promotions and policy of a project, builds them at each change with this machine's development key and writes a release
folder for a server. A build that fails leaves the last good release where it is. Ends with Ctrl-C.

  DIR        the project; the current folder when left out
  --out DIR  the release folder; DIR/.haggle/releases when left out`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: "string" } },
    });
    const root = onePath(terminal, positionals, ".");
    const data = dataFolder(terminal, root);
    const out = values.out === undefined ? join(data, "releases") : resolve(terminal.cwd, values.out);
    // What is no project is refused at once: nothing is written beside it, and nobody waits for it to become one.
    await readProject(root);
    const builder = await createFolderBuilder({ project: root, data, out });
    let seen: ProjectFolder | undefined;
    let previous: FolderBuild | undefined;
    let refusal: string | undefined;
    await serially(terminal, root, async (isRenewal) => {
      const started = performance.now();
      try {
        const project = await readSettled(root, seen);
        // A change is told more than once, and files that nobody builds from change too.
        const isSame = seen !== undefined && isDeepStrictEqual(textsOf(project), textsOf(seen));
        if (isSame && !isRenewal) return;
        seen = project;
        const built = await builder.update(project);
        refusal = undefined;
        for (const diagnostic of built.diagnostics) showDiagnostic(terminal, root, diagnostic);
        report(terminal, built, previous, out, Math.round(performance.now() - started));
        if (built.ok) previous = built;
      } catch (error) {
        // A project that is refused may be mended by the next change.
        const found = refusalOf(error);
        if (explainError(found) !== refusal) showError(terminal, found);
        refusal = explainError(found);
        seen = undefined;
      }
    });
    return 0;
  },
};

/** The project, once nothing is missing that was there `before`, or does not come back. */
async function readSettled(root: string, before: ProjectFolder | undefined): Promise<ProjectFolder> {
  if (before === undefined) return readProject(root);
  const found = await readProject(root).catch((error: unknown) => void refusalOf(error));
  const texts = textsOf(found);
  const isWhole = Object.entries(textsOf(before)).every(([file, text]) => text === "" || texts[file]);
  if (found !== undefined && isWhole) return found;
  await pause(RETURN_MS);
  return readProject(root);
}

/** All that a build depends on. */
function textsOf(project: ProjectFolder | undefined): Record<string, string> {
  return { ...project?.files, ...project?.texts };
}

/** Runs `update` now, after each change and twice a day, never twice at once, until the person stops it. */
async function serially(
  terminal: Terminal,
  root: string,
  update: (isRenewal: boolean) => Promise<void>,
): Promise<void> {
  const stopped = terminal.untilStopped();
  let due = true;
  let isRenewal = false;
  let wake = () => {};
  let settling: NodeJS.Timeout | undefined;
  const request = () => {
    due = true;
    wake();
  };
  const settle = () => {
    clearTimeout(settling);
    settling = setTimeout(request, SETTLE_MS);
  };
  let unwatch = () => {};
  const renewal = setInterval(() => {
    isRenewal = true;
    request();
  }, RENEW_MS);
  stopped.addEventListener("abort", () => wake());
  try {
    while (!stopped.aborted) {
      if (due) {
        const renews = isRenewal;
        due = false;
        isRenewal = false;
        // Folders come and go. What changes while they are read is told, and looked at next.
        unwatch();
        unwatch = await watchFolders(root, SOURCES, settle);
        await update(renews);
      } else {
        await new Promise<void>((done) => {
          wake = done;
          if (stopped.aborted || due) done();
        });
      }
    }
  } finally {
    clearInterval(renewal);
    clearTimeout(settling);
    unwatch();
  }
}

function report(
  terminal: Terminal,
  built: FolderBuild,
  before: FolderBuild | undefined,
  out: string,
  ms: number,
): void {
  if (!built.ok) {
    terminal.err(
      before?.ok
        ? `release ${shortDigest(before.release)} stays (${ms} ms)`
        : `nothing released yet (${ms} ms)`,
    );
    return;
  }
  const release = shortDigest(built.release);
  const named = `${shown(terminal, out)}: release ${release}, channel version ${built.channelVersion}`;
  if (!built.changed) {
    const state = built.isServed ? "up to date" : "not of these sources, and stays until they change";
    terminal.out(`${named}; ${state} (${ms} ms)`);
    return;
  }
  const had = new Set(before?.ok ? before.promotions : []);
  const has = new Set(built.promotions);
  const added = built.promotions.filter((name) => !had.has(name)).map((name) => `+${name}`);
  const removed = [...had].filter((name) => !has.has(name)).map((name) => `-${name}`);
  const changes =
    before === undefined ? counted(has.size, "promotion") : [...added, ...removed].join(" ") || "changed";
  terminal.out(`${named}, ${changes} (${ms} ms)`);
}
