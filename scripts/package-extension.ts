// `npm run package`: packs the VS Code extension as the marketplaces take it. What goes in is named here;
// the bundles have their dependencies inside, with the terms of those beside them.

import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildExtension } from "./build-extension.ts";

const REPO = fileURLToPath(new URL("../", import.meta.url));
const ROOM = join(REPO, "extension");
const VSCE = createRequire(import.meta.url).resolve("@vscode/vsce/vsce");

/** Of the room, beside the manifest and what was built. */
const PACKED = [
  "README.md",
  "l10n",
  "language-configuration.json",
  "media",
  "package.nls.json",
  "package.nls.zh-cn.json",
  "syntaxes",
];

/** What the manifest says to npm and to Node, and to nobody who has the package. */
const OF_THE_REPOSITORY = ["private", "type", "imports", "scripts", "dependencies", "devDependencies"];

const NOTICES = "THIRD-PARTY-NOTICES.txt";

export type PackagedExtension = { vsix: string; bytes: number };

/** Packs what `buildExtension` wrote to `built` into `vsix`; what goes in is kept in `folder`. */
export async function packageExtension({
  built,
  inputs,
  folder,
  vsix,
}: {
  built: string;
  inputs: readonly string[];
  folder: string;
  vsix: string;
}): Promise<PackagedExtension> {
  for (const name of PACKED) await cp(join(ROOM, name), join(folder, name), { recursive: true });
  await cp(join(REPO, "LICENSE"), join(folder, "LICENSE"));
  await cp(built, join(folder, "dist"), { recursive: true });
  await writeFile(join(folder, NOTICES), await collectTerms(inputs));
  const manifest = JSON.parse(await readFile(join(ROOM, "package.json"), "utf8"));
  for (const name of OF_THE_REPOSITORY) delete manifest[name];
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  // vsce reads this one in the place of .gitignore: nothing is left out.
  await writeFile(join(folder, ".vscodeignore"), "");
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [
      VSCE,
      "package",
      "--no-dependencies",
      // The product has no public address yet.
      "--allow-missing-repository",
      // Pictures of the page lie in the package.
      "--no-rewrite-relative-links",
      "--out",
      vsix,
    ],
    { cwd: folder, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`vsce refuses the package:\n${stdout}${stderr}`);
  return { vsix, bytes: (await stat(vsix)).size };
}

/** The terms of every package that has a file in the bundles. */
async function collectTerms(inputs: readonly string[]): Promise<string> {
  const folders = new Map<string, string>();
  for (const input of inputs) {
    const found = /^(?<folder>.*node_modules\/(?<name>@[^/]+\/[^/]+|[^/]+))\//.exec(input)?.groups;
    if (found) folders.set(found.name!, join(ROOM, found.folder!));
  }
  const parts: string[] = [];
  for (const [name, folder] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { license, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder))
      .filter((file) => /^(?:licen[cs]e|notice|third.?party)/i.test(file))
      .sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    parts.push([`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n"));
  }
  return `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-package-"));
  try {
    const { inputs } = await buildExtension();
    const { version } = JSON.parse(await readFile(join(ROOM, "package.json"), "utf8"));
    await mkdir(join(REPO, "dist"), { recursive: true });
    const vsix = join(REPO, "dist", `haggle-rules-${version}.vsix`);
    const { bytes } = await packageExtension({ built: join(ROOM, "dist"), inputs, folder, vsix });
    console.log(`${vsix}: ${(bytes / 1e6).toFixed(2)} MB`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
