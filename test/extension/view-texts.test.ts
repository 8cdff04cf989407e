import { describe, expect, it } from "vitest";
import * as english from "../../extension/pages/cart-view/texts/en.ts";
import * as chinese from "../../extension/pages/cart-view/texts/zh-cn.ts";
import * as conflicts from "../../extension/pages/conflict-view/texts.ts";

// What the pages of webviews say: everything in both languages, which the compiler holds, and in Chinese in Chinese.

const HAN = /\p{Script=Han}/u;
/** Names of what has no other in Chinese, and signs. */
const SAME_IN_BOTH = /^(?:SKU|JSON|[\d\s\p{P}\p{S}]*)$/u;
/** Stand for whatever a text is given. */
const GIVEN = ["1", "2", "3", "4", "5"];

describe.each([
  ["cart view", english.EN, chinese.ZH_CN],
  ["conflict view", conflicts.EN, conflicts.ZH_CN],
] as const)("the %s", (_name, en, zh) => {
  it("says the same things in both languages", () => {
    expect([...textsOf(zh)].map(([path]) => path)).toEqual([...textsOf(en)].map(([path]) => path));
  });

  it("is Chinese in Chinese, and English in English", () => {
    const isFine = (text: string) => HAN.test(text) || SAME_IN_BOTH.test(text);
    expect([...textsOf(zh)].filter(([, text]) => !isFine(text))).toEqual([]);
    expect([...textsOf(en)].filter(([, text]) => HAN.test(text))).toEqual([]);
  });

  it("leaves out nothing that a text is given", () => {
    const placesIn = (text: string) => GIVEN.filter((each) => text.includes(each));
    const spoken = new Map(textsOf(en));
    const fewer = [...textsOf(zh)].filter(
      ([path, text]) => placesIn(text).join() !== placesIn(spoken.get(path)!).join(),
    );
    expect(fewer).toEqual([]);
  });
});

function* textsOf(value: unknown, path = ""): Generator<[path: string, text: string]> {
  if (typeof value === "string") yield [path, value];
  else if (typeof value === "function") yield [path, String(value(...GIVEN))];
  else for (const [key, each] of Object.entries(value as object)) yield* textsOf(each, `${path}/${key}`);
}
