import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packagedExtension } from "../support/extension.ts";
import { followLinks } from "../support/page-links.ts";

// The VSIX as a marketplace gets it.

const MAX_BYTES = 9_000_000;
/** In what is built from binaryen's sources, and nowhere else. */
const BINARYEN = "_BinaryenModuleCreate";

let vsix: string;
let files: string;
const read = (file: string) => readFileSync(join(files, file), "utf8");

beforeAll(async () => {
  ({ vsix, files } = await packagedExtension());
});

describe("the package", () => {
  it(`has both hosts in less than ${MAX_BYTES / 1e6} MB`, () => {
    expect(statSync(vsix).size).toBeLessThan(MAX_BYTES);
  });

  it("holds the compiler once, and not where somebody types", () => {
    const scripts = readdirSync(join(files, "dist")).filter((file) => /\.[cm]?js$/.test(file));
    expect(scripts.sort()).toEqual([
      "client-web.js",
      "client.cjs",
      "server-web.js",
      "server.mjs",
      "worker.js",
    ]);
    expect(scripts.filter((file) => read(`dist/${file}`).includes(BINARYEN))).toEqual(["worker.js"]);
  });

  it("has a manifest of what is there, with nothing in it that only VS Code's own extensions may ask for", () => {
    const manifest = JSON.parse(read("package.json"));
    expect(manifest).toMatchObject({ publisher: "haggle", name: "haggle-rules", license: "Apache-2.0" });
    for (const name of [
      "enabledApiProposals",
      "dependencies",
      "devDependencies",
      "scripts",
      "type",
      "private",
    ]) {
      expect(manifest).not.toHaveProperty(name);
    }
    const texts = ["package.nls.json", "package.nls.zh-cn.json"].map((file) => JSON.parse(read(file)));
    for (const path of pathsIn([manifest, texts]))
      expect(statSync(join(files, path)).size, path).toBeGreaterThan(0);
  });

  it("has the schema of cases in Chinese, the same but for what it says", () => {
    const [english, chinese] = ["json", "zh-cn.json"].map((end) => read(`dist/cases.schema.${end}`));
    const said = /"(?:description|title)":"((?:[^"\\]|\\.)*)"/g;
    const texts = [...chinese!.matchAll(said)].map(([, text]) => text!);
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
    expect(chinese!.replace(said, "")).toBe(english!.replace(said, ""));
  });

  it("has its terms, and those of all that is inside", () => {
    expect(read("LICENSE")).toContain("Apache License");
    const notices = read("THIRD-PARTY-NOTICES.txt");
    for (const name of ["assemblyscript", "binaryen", "typescript", "vscode-languageclient", "yaml"]) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\S+ \\([\\w.-]+\\)$`, "m"));
    }
  });

  it("has a page whose pictures and links are in it", () => {
    const pictures = [...read("README.md").matchAll(/!\[[^\]]+\]\((?<path>[^)]+)\)/g)];
    expect(pictures.length).toBeGreaterThan(0);
    for (const { groups } of pictures) expect(statSync(join(files, groups!.path!)).size).toBeGreaterThan(0);
    const { pages, dead } = followLinks(files, readdirSync(files, { recursive: true, encoding: "utf8" }));
    expect(pages).toContain("README.md");
    expect(dead).toEqual([]);
  });
});

/** Every text of a manifest that is a path. */
function pathsIn(value: unknown): string[] {
  if (typeof value === "string") return /^(?:\.\/|media\/)[\w./-]+$/.test(value) ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}
