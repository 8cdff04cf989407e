// Regular expressions of conditions: what JavaScript says, in a time that no expression can stretch.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern, createPatternBudget, MAX_SUBJECT } from "../../sdk/src/experiments/pattern.ts";

function compile(source: string, insensitive = false): (text: string) => boolean {
  return compilePattern(source, { at: "here", insensitive, budget: createPatternBudget() });
}

const TOKENS = [
  ...["a", "b", "B", "é", "É", "ß", "k", "\u212a", "\n", " ", "-", "]", "}", "/", "_", "1"],
  ...["^", "$", "\\b", "\\B", ".", "|", "(", "(?:", "(?<n>", ")"],
  ...["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "{,2}"],
  ...[
    "[",
    "[^",
    "a-c",
    "\\w-",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\n",
    "\\.",
    "\\-",
    "\\x61",
    "\\u0062",
    "\\0",
  ],
];
const source = fc.array(fc.constantFrom(...TOKENS), { maxLength: 10 }).map((tokens) => tokens.join(""));
const subject = fc.string({
  unit: fc.constantFrom(
    "a",
    "b",
    "c",
    "A",
    "B",
    "é",
    "É",
    "ß",
    "K",
    "\u212a",
    "\n",
    " ",
    "-",
    "]",
    "1",
    "_",
    "/",
  ),
  maxLength: 8,
});

describe("a regular expression", () => {
  it.each([false, true])("that is taken says what JavaScript says, without case: %s", (insensitive) => {
    let taken = 0;
    let matched = 0;
    fc.assert(
      fc.property(source, fc.array(subject, { minLength: 4, maxLength: 4 }), (pattern, texts) => {
        const ours = tryTo(() => compile(pattern, insensitive));
        if (ours === undefined) return;
        const theirs = new RegExp(pattern, insensitive ? "i" : "");
        taken += 1;
        for (const text of texts) {
          const expected = theirs.test(text);
          if (expected) matched += 1;
          expect(ours(text), `${theirs} on ${JSON.stringify(text)}`).toBe(expected);
        }
      }),
      { numRuns: insensitive ? 4_000 : 20_000 },
    );
    expect(taken).toBeGreaterThan(1_000);
    expect(matched).toBeGreaterThan(500);
  });

  it.each([
    ..."^(a|a)*$ ^(a+)+$ ^(a*)*$ ^(([a-z])+.)+[A-Z]([a-z])+$ (.*)(.*)(.*)(.*)(.*)(.*)(.*)x ((a?){20}){20}b".split(
      " ",
    ),
  ])("is answered whatever it is: %s", (pattern) => {
    // JavaScript's own engine does not come back from most of these.
    expect(compile(pattern)(`${"a".repeat(MAX_SUBJECT - 1)}!`)).toBe(false);
  });

  it.each(["(?:){99999999999999999999}", "(a{0}){9999999999}", "(){9999999999,}"])(
    "is nothing where it repeats nothing, however often: %s",
    (pattern) => expect(compile(pattern)("a")).toBe(true),
  );

  it("costs no more to make for leaving case aside", () => {
    // As many classes as conditions of one request hold, none of which leaves a step.
    for (let i = 0; i < 2_000; i++) compile("[a]{0}".repeat(85), true);
  });

  it.each([
    ...["(", ")", "a)", "[a", "[b-a]", "*", "a**", "a{2,1}", "\\", "(?", "{2}", "a{1000}", "(?=a)", "(?!a)"],
    ...["(?<=a)", "(?<!a)", "(a)\\1", "\\k<n>", "\\p{L}", "\\u{61}", "\\cA", "\\q", "((a{30}){30}){30}"],
    "(".repeat(40) + ")".repeat(40),
    "a".repeat(513),
  ])("is refused where it is none, or one that looks around: %s", (pattern) => {
    expect(() => compile(pattern)).toThrow(
      expect.objectContaining({ code: "EXPERIMENT_CONDITION", at: "here", value: pattern }),
    );
  });

  it("has its part of what all of them may have", () => {
    const budget = createPatternBudget();
    const options = { at: "here", insensitive: false, budget };
    const compileMany = () => {
      for (let i = 0; i < 10; i++) compilePattern("a{900}", options);
    };
    expect(compileMany).toThrow(expect.objectContaining({ code: "EXPERIMENT_CONDITION", value: "a{900}" }));
  });

  it("finds nothing in a text that is too long", () => {
    expect(compile("a")("a".repeat(MAX_SUBJECT))).toBe(true);
    expect(compile("a")("a".repeat(MAX_SUBJECT + 1))).toBe(false);
  });
});

function tryTo<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
