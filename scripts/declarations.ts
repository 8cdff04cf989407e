// From tsc's declarations of a room to those of its package: only what the entries reach, and private packages that
// are bundled into the code lie inside.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";

/** `from "x"`, `import "x"` and `import("x")`, as tsc prints them. */
const SPECIFIER = /(?<before>\bfrom |\bimport |\bimport\()"(?<specifier>[^"]+)"/g;

/**
 * Copies what `entries` of the folder `from` reach to the folder `to`. A package of `bundled` (its name -> its
 * `.d.ts`) is copied into a folder named after it; imports of it become relative.
 */
export async function writeDeclarations({
  entries,
  from,
  bundled,
  to,
}: {
  entries: readonly string[];
  from: string;
  bundled: Readonly<Record<string, string>>;
  to: string;
}): Promise<void> {
  const targets = new Map<string, string>();
  const queue = entries.map((entry) => join(from, declarationOf(entry)));
  const place = (source: string): string => {
    const inside = Object.entries(bundled).find(([, entry]) => source.startsWith(dirname(entry) + sep));
    if (inside === undefined) return join(to, relative(from, source));
    const [name, entry] = inside;
    return join(to, basename(name), relative(dirname(entry), source));
  };

  for (let source = queue.pop(); source !== undefined; source = queue.pop()) {
    if (targets.has(source)) continue;
    const target = place(source);
    targets.set(source, target);
    const here = source;
    const text = (await readFile(source, "utf8")).replace(SPECIFIER, (whole, before, specifier) => {
      const found = specifier.startsWith(".")
        ? join(dirname(here), declarationOf(specifier))
        : bundled[specifier];
      if (found === undefined) return whole;
      queue.push(found);
      return `${before}"${specifierOf(relative(dirname(target), place(found)))}"`;
    });
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}

function declarationOf(file: string): string {
  return file.replace(/\.ts$/, ".d.ts");
}

function specifierOf(path: string): string {
  const plain = path
    .split(sep)
    .join("/")
    .replace(/\.d\.ts$/, ".js");
  return plain.startsWith(".") ? plain : `./${plain}`;
}
