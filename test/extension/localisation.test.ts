import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

// Everything that people read in VS Code is there in both languages. What the pages of webviews say has tests of its own, and so
// has whatever stands in code without being looked up (sentences).

const ROOM = join(import.meta.dirname, "../../extension");
const readJson = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(ROOM, file), "utf8"));

const HAN = /\p{Script=Han}/u;
/** Names, and what is nothing but a place for a value. */
const SAME_IN_BOTH = /^(?:Haggle|URL|[\s\p{P}\p{S}]*(?:\{\d+\}[\s\p{P}\p{S}]*)*)$/u;

describe("the manifest", () => {
  const manifest = readJson("package.json");
  const english = readJson("package.nls.json") as Record<string, string>;
  const chinese = readJson("package.nls.zh-cn.json") as Record<string, string>;
  const texts = [...walk(manifest)];

  it("has every text in English and in Chinese, and none that nobody uses", () => {
    const used = texts.flatMap(({ text }) => /^%(.+)%$/.exec(text)?.[1] ?? []);
    expect(Object.keys(english).sort()).toEqual([...new Set(used)].sort());
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
  });

  it("says nothing but by key", () => {
    const said = texts.filter(({ key }) =>
      /^(?:title|shortTitle|label|name|description|markdownDescription|contents|displayName)$|Description/.test(
        key,
      ),
    );
    const plain = said.filter(({ text, path }) => !/^%.+%$/.test(text) && path !== "/name");
    // What has a key but names something: identifiers of walkthroughs and the like have other keys.
    expect(plain.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  it("is Chinese in Chinese", () => {
    // Files that are there in both languages are named, not said.
    const said = Object.entries(chinese).filter(([, text]) => !text.startsWith("./"));
    expect(said.filter(([, text]) => !HAN.test(text) && !SAME_IN_BOTH.test(text))).toEqual([]);
  });
});

describe("the client", () => {
  const bundle = readJson("l10n/bundle.l10n.zh-cn.json") as Record<string, string>;
  const sources = globSync("client/**/*.ts", { cwd: ROOM }).map((file) => ({
    file,
    text: readFileSync(join(ROOM, file), "utf8"),
  }));
  const calls = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\bl10n\.t\(\s*(?:\{\s*message:\s*)?(?<literal>"(?:[^"\\]|\\.)*"|'[^'\\]*')?/g)].map(
      ({ groups }) => ({
        file,
        literal: groups!.literal?.replace(/^'(.*)'$/, (_, inside: string) => JSON.stringify(inside)),
      }),
    ),
  );

  it("asks for texts by what they are in English, so that they can be found", () => {
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(({ literal }) => literal === undefined)).toEqual([]);
  });

  it("has each of its texts in Chinese, and none that nobody uses", () => {
    const keys = new Set(calls.map(({ literal }) => JSON.parse(literal!) as string));
    expect([...keys].filter((key) => !Object.hasOwn(bundle, key))).toEqual([]);
    expect(Object.keys(bundle).filter((key) => !keys.has(key))).toEqual([]);
  });

  it("says the same in Chinese, with the same values in it", () => {
    const wrong = Object.entries(bundle).filter(
      ([key, text]) =>
        placesIn(key) !== placesIn(text) || (!HAN.test(text) && !(SAME_IN_BOTH.test(text) && key === text)),
    );
    expect(wrong).toEqual([]);
  });
});

/** Every text of a JSON value, with the name of the field that it is in and its path. */
function* walk(value: unknown, key = "", path = ""): Generator<{ key: string; path: string; text: string }> {
  if (typeof value === "string") yield { key, path, text: value };
  else if (Array.isArray(value))
    for (const [at, each] of value.entries()) yield* walk(each, key, `${path}/${at}`);
  else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) yield* walk(each, name, `${path}/${name}`);
  }
}

function placesIn(text: string): string {
  return [...new Set(text.match(/\{\d+\}/g))].sort().join();
}
