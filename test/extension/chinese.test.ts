import { globSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CODES, type Code, errorText, HaggleError } from "@haggle/abi";
import { createCompiler, type Diagnostic as Finding } from "@haggle/toolchain";
import { casesSchema } from "@haggle/toolchain/cases";
import { makeSchemas } from "@haggle/toolchain/project-files";
import { readRuntimeSources } from "haggle-cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { say, withHint } from "../../extension/server/words/say.ts";
import { FINDINGS, PARTS } from "../../extension/server/words/zh-cn/findings.ts";
import { MEANINGS } from "../../extension/server/words/zh-cn/meanings.ts";
import { OWN } from "../../extension/server/words/zh-cn/own.ts";
import { CHECK, type ConflictReport } from "../../extension/shared/conflicts.ts";
import { RULES as KNOWN_RULES } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { writeProject } from "../support/view-project.ts";
import { FOUND, SAID_BY_SCHEMAS, TABLE } from "./chinese-table.ts";
import { type Editor, openEditor } from "./editor.ts";

// What the toolchain says, in Simplified Chinese: the table is whole, its English is what the toolchain's sources say, and an
// editor in Chinese shows it. What asc says in its own words stays English.

const REPO = join(import.meta.dirname, "../..");
const HAN = /\p{Script=Han}/u;
/** Of a server: what it says of its start and of itself, and of what the extension never asks it for. */
const NEVER_ANSWERED =
  /^SERVER_(?:BAD_CONFIG|ADDRESS|RELEASE_EXPIRING|FILE_|DEVELOPMENT_ROOT|DATABASE_LOCKED|MIGRATION|SECRET_KEY|AUDIT|CDN_|TOO_MANY_(?!REQUESTS)|WEBHOOK|UNKNOWN_(?:KEY|WEBHOOK|DELIVERY|EVENT|SUBSCRIBER|VARIANT|CART)|KEY_ROTATED|LAST_ADMIN_KEY|OVERRIDE|UNIT|BAD_TOKEN|PIN|EXPERIMENT|EVENT|NOT_ASSIGNED|PERSONAL|MATCH|CART|NO_WINNER)/;
const SHOWN_CODES = CODES.filter(
  (code) =>
    /^(?:BUILD|PROMOTION|DOCUMENT|STRATEGY|CART|ENGINE|PROFILE|SIGNATURE)_/.test(code) ||
    /^CLI_(?:NOT_JSON|NOT_YAML|POLICY_TWICE|CASES|FILE|FILE_TOO_LARGE|BAD_KEY|KEY_LOCKED)$/.test(code) ||
    (code.startsWith("SERVER_") && !NEVER_ANSWERED.test(code)),
);
/** Names, code, and what is the same in every language. */
const SAME_IN_BOTH = /^(?:[ `"'(){}\d.,]|true|false|or|Tags\.\w+)+$/;

describe("the table", () => {
  it("has every code that the editor shows", () => {
    expect(SHOWN_CODES.filter((code) => !HAN.test(MEANINGS[code] ?? ""))).toEqual([]);
    expect(Object.keys(MEANINGS).filter((code) => !SHOWN_CODES.includes(code as Code))).toEqual([]);
  });

  it("has the same places in both languages, and Chinese in the one", () => {
    const places = (text: string) => (text.match(/\{\d\}/g) ?? []).sort();
    const odd = TABLE.filter(([english, chinese]) => `${places(english)}` !== `${places(chinese)}`);
    expect(odd).toEqual([]);
    const english = TABLE.filter(([, chinese]) => !HAN.test(chinese) && !SAME_IN_BOTH.test(chinese));
    // A place without words around it.
    expect(english).toEqual([]);
  });

  it("says of every sentence what the sources say", () => {
    const all = textsIn(
      "engine/toolchain",
      "engine/abi",
      "extension/server",
      "extension/shared",
      "extension/worker",
      "sdk/src",
    ).toLowerCase();
    // What stands between two places, and the pieces of which sources put sentences together.
    const joint = /\{\d\}|\.$|'|, |: | and |(?<=such field)(?=;)|(?<=\b(?:already|first|Needs|than|wants?)) /;
    const pieces = FOUND.flatMap(([english]) => english.split(joint));
    const unknown = pieces.map((piece) => piece.trim()).filter((piece) => !all.includes(piece.toLowerCase()));
    expect(unknown).toEqual([]);
  });

  it("has every description that a schema holds, and none that no schema holds", () => {
    const held = descriptionsIn({ ...makeSchemas([], undefined, ["plain"]), cases: casesSchema() });
    expect(held.length).toBeGreaterThan(100);
    const table = SAID_BY_SCHEMAS.map(([english]) => english);
    expect(
      held.filter((description) => !table.includes(description)),
      "each needs a line, with its Chinese, in extension/server/words/zh-cn/fields.ts",
    ).toEqual([]);
    expect(
      table.filter((description) => !held.includes(description)),
      "no schema says these any more: extension/server/words/zh-cn/fields.ts can do without",
    ).toEqual([]);
  });

  it("has nothing of the server's own words that the server does not say", () => {
    const all = textsIn("extension/server");
    expect(OWN.filter(([english]) => !all.includes(JSON.stringify(english)))).toEqual([]);
  });
});

describe("what the toolchain says", () => {
  it("is known, of every kind of mistake in a rule", { timeout: 120_000 }, async () => {
    const compiler = createCompiler({ runtime: await readRuntimeSources() });
    const folder = join(REPO, "test/engine/fixtures");
    const unknown: string[] = [];
    for (const name of readdirSync(folder)) {
      const root = join(folder, name);
      const files = globSync("rules/**/*.ts", { cwd: root }).map((file) => [
        file,
        readFileSync(join(root, file), "utf8"),
      ]);
      const { diagnostics } = await compiler.check({ files: Object.fromEntries(files) });
      unknown.push(...diagnostics.flatMap((each) => unspoken(each)));
    }
    expect(unknown).toEqual([]);
  });

  it("is known, of every kind of mistake in the files beside them", () => {
    const folder = join(REPO, "test/extension/yaml-fixtures");
    const said = readdirSync(folder)
      .filter((name) => name !== "project")
      .flatMap((name): string[] => {
        const { diagnostics = [] } = JSON.parse(readFileSync(join(folder, name, "expected.json"), "utf8"));
        return diagnostics;
      });
    expect(said.length).toBeGreaterThan(20);
    const unknown = said.flatMap((line) => {
      const [, code, message] = /^\S+ \w+ (\S+) ([\s\S]*)$/.exec(line)!;
      // A parser of YAML or JSON says what it stumbled over.
      if (/^(?:CLI_NOT_|STRATEGY_NOT_)/.test(code!)) return [];
      const [sentence, hint] = message!.split("\nhint: ");
      return unspoken({ code: code as Code, message: sentence!, ...(hint !== undefined && { hint }) });
    });
    expect(unknown).toEqual([]);
  });

  it("is known, of every finding of a check", () => {
    const written = globSync("engine/toolchain/check/*.ts", { cwd: REPO }).flatMap((file) => {
      const lines = readFileSync(join(REPO, file), "utf8").split("\n");
      const code = lines.filter((line) => !/^\s*(?:\/\/|\/?\*|import )/.test(line)).join("\n");
      return [...code.matchAll(/`([^`]*)`|"([^"\n]*)"/g), ...code.matchAll(/"([^"\n]*)"/g)].map(
        ([, one, other]) => one ?? other ?? "",
      );
    });
    // What stands between two values; whoever writes three words writes to people.
    const pieces = written.flatMap((text) => text.split(/\$\{[^{}]*\}/)).map((piece) => piece.trim());
    const sentences = pieces.filter((piece) => /^[a-z':,;.]+(?: [a-z':,;.]+){2,}$/i.test(piece));
    expect(sentences.length).toBeGreaterThan(25);
    const table = [...FINDINGS, ...PARTS].map(([english]) => english).join("\n");
    const message = "each needs a line in extension/server/words/zh-cn/findings.ts";
    expect(
      sentences.filter((sentence) => !table.includes(sentence)),
      message,
    ).toEqual([]);
  });

  it("keeps place and value behind the meaning of a code", () => {
    const error = new HaggleError("PROFILE_NESTING", errorText("PROFILE_NESTING"), { at: 12, value: 300 });
    expect(say(error, "zh-CN")).toBe("块的嵌套超过 128 层，或调用路径超过 256 层（位置 12，值为 300）");
    expect(say(error, "en")).toBe(error.message);
    // A class may have the name of a kind of file.
    expect(say({ code: "BUILD_BAD_SIGNATURE", message: "No class Policy in this file" }, "zh-CN")).toBe(
      "此文件中没有类 Policy",
    );
    expect(say({ code: "BUILD_TYPE", message: "Type 'A' is not assignable to type 'B'" }, "zh-CN")).toBe(
      "Type 'A' is not assignable to type 'B'",
    );
  });
});

describe("an editor in Chinese", () => {
  const RULE = `let threshold: Money = 300_00;
@promo(nme="a")
export function a(ctx: Context): Result {
  return Result.order(threshold);
}
`;
  let folder: string;
  let editor: Editor;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "haggle-chinese-"));
    editor = await openEditor(await builtExtension(), { locale: "zh-cn" });
  }, 120_000);
  afterAll(async () => {
    await editor?.close();
    await rm(folder, { recursive: true });
  });

  it("shows what is wrong with a rule in Chinese, first of all and from the compiler", async () => {
    await mkdir(join(folder, "rules"));
    await writeFile(join(folder, "rules/a.rule.ts"), RULE);
    const uri = pathToFileURL(join(folder, "rules/a.rule.ts")).href;
    editor.open(uri, RULE);
    await editor.request(KNOWN_RULES, { root: pathToFileURL(folder).href });
    let { diagnostics } = await editor.published(uri);
    const early = diagnostics;
    while (editor.hasPublished(uri)) ({ diagnostics } = await editor.published(uri));
    expect(early.filter(({ message }) => !HAN.test(String(message)))).toEqual([]);
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      [
        "BUILD_TOP_LEVEL_STATE",
        "threshold 会在多次计价之间保留\n提示：函数之外只能有带字面量的 `const`；把它改为参数或局部变量",
      ],
      ["BUILD_UNKNOWN_METADATA", "@promo 没有键 nme\n提示：是否想写 “name”？"],
      [
        "BUILD_MISSING_REASON",
        'Result.order 没有写明原因\n提示：用文本字面量写明原因：`Result.order(50_00, "FULL_300_OFF_50")`',
      ],
    ]);
  });

  it("shows what a table does that nobody wants in Chinese, or in the language of its view", async () => {
    const project = await writeProject({
      "promotions/sale.yaml": `- id: never
  conditions:
    - { kind: goodsTotal, value: 10000 }
    - { kind: goodsTotal, operator: lessThan, value: 5000 }
  effects: [{ target: order, amount: 100 }]
`,
    });
    const ask = async (more: object) => {
      const report = await editor.request<ConflictReport>(CHECK, { root: project.root, ...more });
      return report.ok ? report.findings.map(({ text }) => text) : report;
    };
    expect(await ask({})).toEqual(["“never” 永不生效：它对商品合计的要求自相矛盾。"]);
    expect(await ask({ locale: "en" })).toEqual([
      "'never' never applies: what it asks of the goods total contradicts itself.",
    ]);
    await rm(project.path, { recursive: true });
  });
});

/** The sources of rooms, without the table. */
function textsIn(...folders: string[]): string {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: REPO }));
  const own = files.filter((file) => !/node_modules|build\/|dist\/|words\/zh-cn\//.test(file));
  return own.map((file) => readFileSync(join(REPO, file), "utf8").replaceAll("\\`", "`")).join("\n");
}

/** Each description and title of a schema and of those within, once. */
function descriptionsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const found = Object.entries(value).flatMap(([key, each]) =>
    /^(?:description|title)$/.test(key) && typeof each === "string" ? [each] : descriptionsIn(each),
  );
  return [...new Set(found)];
}

/** What of a finding has no Chinese. */
function unspoken({ code, message, hint }: Pick<Finding, "code" | "message" | "hint">): string[] {
  const isAscs = code === "BUILD_TYPE" || code === "BUILD_SYNTAX" || /^(?:File|Operation) /.test(message);
  const said = withHint(say({ code, message }, "zh-CN"), hint, "zh-CN");
  const [sentence, way] = said.split("\n提示：");
  return [
    ...(isAscs || HAN.test(sentence!) ? [] : [`${code} ${message}`]),
    ...(way === undefined || HAN.test(way) || SAME_IN_BOTH.test(way) ? [] : [`${code} hint: ${hint}`]),
  ];
}
