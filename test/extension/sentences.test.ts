import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CodeText, textsOfCode } from "../support/code-texts.ts";
import { TABLE } from "./chinese-table.ts";

// No sentence stands in the code of the extension, or in what it shows of toolchain and SDK, that has no Chinese one: of the
// client in VS Code's bundle (localisation), of pages in their texts (view-texts), of everything else in the server's tables.

const REPO = join(import.meta.dirname, "../..");
const PATTERNS = TABLE.map(([english]) => {
  const source = english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\d\}/g, ".+?");
  return new RegExp(`^${source}$`, "s");
});
const PIECES = TABLE.map(([english]) => english.replace(/\{\d\}/g, "{}")).join("\n");

/** Two words of a language. Names and code have none beside one another. */
const WORDS = /[A-Za-z]{2,},? [A-Za-z]{2,}/;
/** What whoever shows something calls it. */
const SHOWN_FIELD =
  /^(?:title|label|detail|description|message|tooltip|placeHolder|prompt|openLabel|saveLabel|text|documentation|contents)$/;
const SHOWING = /\bshow(?:Information|Warning|Error)(?:Message)?$/;

/** Words that are no words of a language, or that nobody reads: by file what is left alone there, with its beginning. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  // Names of icons, styles and items.
  "client/release/outline.ts": ["rules none"],
  "client/release/status-bar.ts": ["$(loading~spin) Haggle", "$(rocket) {}", "$(warning) {}"],
  "client/runs/lens-choice.ts": ["$(play) {}"],
  "pages/cart-view/json-editor.ts": ["note problem"],
  // A sentence with its hint, each of which is told by itself.
  "server/language/decorator-problems.ts": ["{}\nhint: {}"],
  // Examples.
  "client/release/connection.ts": ["hg_live_…"],
  "client/release/signing-key.ts": [".sk"],
  // Code, and its keywords.
  "client/webview-document.ts": ["<!doctype html>"],
  "server/features/completion.ts": ["as break", "in instanceof", "switch this"],
  "server/features/semantic-tokens.ts": ["class enum"],
  // With the documentation of what rules can name, which is that of its code; that of decorators is in the table.
  "server/language/libraries.ts": [""],
  "server/language/decorators.ts": ["// What stands behind"],
  "server/language/completion-rules.ts": ["promotion with parameters", "/** ${1:", "export function"],
  // Said to programs that ask for what there is not.
  "server/features/bundles.ts": ["no command {}", "{} needs the URI of a file"],
  "worker/serve.ts": ["The worker knows no call {}"],
  // The client has words of its own for it.
  "worker/comparison.ts": ["Another comparison began"],
};

describe("the code of the extension", () => {
  const texts = globSync("{client,server,worker,shared,pages}/**/*.ts", { cwd: join(REPO, "extension") })
    .filter((file) => !/^server\/words\/zh-cn\/|^pages\/.*\btexts(?:\/|\.ts$)/.test(file))
    .flatMap((file) => textsIn("extension", file));

  it("is read as it is written", () => {
    expect(texts.filter(({ call }) => call === "l10n.t").length).toBeGreaterThan(250);
    expect(texts.filter(({ call }) => call === "tell").length).toBeGreaterThan(10);
  });

  it("has no sentence without a Chinese one", () => {
    const said = texts.filter(({ text, call }) => WORDS.test(text) && call !== "l10n.t");
    expect(unspoken(said)).toEqual([]);
  });

  it("shows no word without a Chinese one", () => {
    const shown = texts.filter(
      ({ text, field, call, argument }) =>
        /[A-Za-z]{2,}/.test(text.replaceAll("{}", "")) &&
        (SHOWN_FIELD.test(field ?? "") || (SHOWING.test(call ?? "") && argument === 0)),
    );
    expect(unspoken(shown)).toEqual([]);
  });

  it("leaves nothing alone that is not there", () => {
    const gone = Object.entries(OTHERS).flatMap(([file, beginnings]) =>
      beginnings
        .filter((beginning) => !texts.some((each) => each.file === file && each.text.startsWith(beginning)))
        .map((beginning) => `${file}: ${beginning}`),
    );
    expect(gone).toEqual([]);
  });
});

describe("what toolchain and SDK throw", () => {
  /** Only where a build went wrong by a mistake of ours, on the command line, or on a server. */
  const NEVER_SHOWN =
    /^(?:engine\/toolchain\/(?:meter-code|sign)|sdk\/src\/(?:pricing\/(?:rules|stamp)|node\/(?:open-signer|passphrase)|sign\/signer))\.ts$/;

  it("has a Chinese sentence wherever it is more than the meaning of a code", () => {
    const files = globSync("{engine/abi,engine/toolchain,sdk/src}/**/*.ts", { cwd: REPO });
    const thrown = files
      .filter((file) => !/node_modules|build\/|dist\/|\.d\.ts$/.test(file) && !NEVER_SHOWN.test(file))
      .flatMap((file) => textsIn("", file))
      .filter(({ file, text, call, argument }) =>
        call === "new HaggleError"
          ? argument === 1
          : /\/toolchain\/cases\/(?!cases-schema)/.test(file) && WORDS.test(text),
      );
    expect(thrown.length).toBeGreaterThan(15);
    expect(unspoken(thrown)).toEqual([]);
  });
});

type Placed = CodeText & { file: string };

function textsIn(room: string, file: string): Placed[] {
  return textsOfCode(readFileSync(join(REPO, room, file), "utf8")).map((each) => ({ ...each, file }));
}

/** Those that are neither in a table nor left alone. */
function unspoken(texts: readonly Placed[]): string[] {
  const isInTable = (text: string) =>
    PATTERNS.some((pattern) => pattern.test(text.replaceAll("{}", "1"))) ||
    // Sources put sentences together of pieces, which are longer than a word.
    (WORDS.test(text) && PIECES.includes(text));
  const isSpoken = ({ file, text }: Placed) =>
    isInTable(text) ||
    // What comes in at its end may be nothing.
    isInTable(text.replace(/\{\}$/, "")) ||
    OTHERS[file]?.some((beginning) => text.startsWith(beginning));
  return texts.filter((each) => !isSpoken(each)).map(({ file, line, text }) => `${file}:${line}: ${text}`);
}
