// Where the links of Markdown pages lead, within one folder: the repository, or a package as it was installed.

import { readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";

type Followed = {
  pages: string[];
  /** How many links stay within the folder, or should. */
  links: number;
  /** `page: target` of each that leads out of the folder, to no file, or to no heading. */
  dead: string[];
};

/** Follows the relative links of all pages among `files`, which are relative to `folder`. */
export function followLinks(folder: string, files: readonly string[]): Followed {
  const paths = files.map((file) => file.split(sep).join("/"));
  const known = new Set(paths.flatMap(withFolders));
  const pages = paths.filter((file) => file.endsWith(".md"));
  const links = pages.flatMap((page) => linksOf(read(folder, page)).map((target) => ({ page, target })));
  const dead = links.filter(({ page, target }) => !leads(folder, known, page, target));
  return { pages, links: links.length, dead: dead.map(({ page, target }) => `${page}: ${target}`) };
}

/** In brackets, as a definition below the text, and of pictures in HTML; without those to other places of the web. */
function linksOf(text: string): string[] {
  const pattern = /\]\(<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:href|src)="([^"]+)"/gm;
  return [...withoutCode(text).matchAll(pattern)]
    .map(([, inline, defined, html]) => (inline ?? defined ?? html)!)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

function leads(folder: string, known: ReadonlySet<string>, page: string, target: string): boolean {
  const [path, heading] = target.split("#", 2) as [string, string?];
  const file =
    path === "" ? page : posix.join(posix.dirname(page), decodeURIComponent(path)).replace(/\/$/, "");
  if (!known.has(file)) return false;
  return heading === undefined || headingsOf(read(folder, file)).includes(heading);
}

/** As GitHub and npm name them. */
function headingsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );
}

/** A fence may hold what only looks like a link or a heading. */
function withoutCode(text: string): string {
  return text.replace(/^ *(```+)[\s\S]*?^ *\1$/gm, "");
}

/** `a/b/c`, `a/b`, `a`. */
function withFolders(path: string): string[] {
  const names = path.split("/");
  return names.map((_, at) => names.slice(0, names.length - at).join("/"));
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), "utf8");
}
