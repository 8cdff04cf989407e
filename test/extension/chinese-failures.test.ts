import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PRICE, type PriceAnswer } from "../../extension/shared/price.ts";
import { LIBRARY, SAY, VERIFY_BUNDLE } from "../../extension/shared/protocol.ts";
import { type CaseOutcome, RUN_CASES, type RunReport, TRACE } from "../../extension/shared/runs.ts";
import { builtExtension } from "../support/extension.ts";
import { VIEW_CART, VIEW_FILES, writeProject } from "../support/view-project.ts";
import { type Editor, openEditor } from "./editor.ts";

// What fails is told in the editor's language too: cases that are wrong or come to something else, requests that have no answer,
// refusals of servers and keys.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const HAN = /\p{Script=Han}/u;
const CASES_FILE = "rules/boots-week.cases.json";
const [RIGHT] = JSON.parse(VIEW_FILES[CASES_FILE]) as [Record<string, unknown>];
/** By name, what differs from a case that is right. */
const WRONG: Readonly<Record<string, object>> = {
  "another total": { expect: { total: 1 } },
  "no such field": { expect: { totl: 1 } },
  "no such field at all": { expect: { colour: 1 } },
  "no object": { expect: { total: { net: 1 } } },
  "another list": { expect: { lines: [] } },
  "a refused cart": { cart: { ...(RIGHT.cart as object), currency: "euro" } },
  "a cart that lacks fields": { cart: { id: "c", currency: "CNY" } },
  "a misspelt cart": { cart: { ...(RIGHT.cart as object), curency: "CNY" } },
  "an odd cart": { cart: { ...(RIGHT.cart as object), zzzzzzzz: 1 } },
  "no cart": { cart: undefined },
  "an odd case": { colour: "red" },
  both: { promotions: [] },
  "odd variants": { experiments: { a: 1 } },
  "odd parameters": { parameters: 5 },
  "an odd parameter": { parameters: { percnt: "5" } },
  policy: { policy: { rounding: 5 } },
  "an odd promotion": { parameters: undefined, promotions: [{ id: 5 }] },
};

let bundle: string;
let project: { path: string; root: string };
let editor: Editor;

beforeAll(async () => {
  bundle = await builtExtension();
  const cases = [...Object.entries(WRONG).map(([name, wrong]) => ({ ...RIGHT, name, ...wrong })), 7];
  project = await writeProject({
    ...VIEW_FILES,
    [CASES_FILE]: JSON.stringify(cases),
    "rules/alone.cases.json": JSON.stringify([{ ...RIGHT, parameters: undefined }]),
    "rules/cases.json": JSON.stringify([RIGHT]),
  });
  editor = await openEditor(bundle, { locale: "zh-cn", folders: [project.root] });
});
afterAll(async () => {
  await editor?.close();
  await rm(project.path, { recursive: true, force: true });
});

describe("cases", () => {
  it("say in Chinese why they are not as expected, and why they did not run", async () => {
    const outcomes = await run();
    const said = outcomes.flatMap(({ name, file, problems, error }) =>
      [...problems, ...(error === undefined ? [] : [error.message])].map((text) => [`${file} ${name}`, text]),
    );
    expect(new Set(said.map(([name]) => name)).size).toBe(Object.keys(WRONG).length + 3);
    expect(said.filter(([, text]) => !HAN.test(text!))).toEqual([]);
    // Neither a sentence nor half of one is left in English: what is not Chinese is a name, a value or a code.
    expect(said.filter(([, text]) => /[a-z]{2,} [a-z]{2,}/.test(text!.replace(/"[^"]*"/g, "")))).toEqual([]);
    const texts = said.map(([, text]) => text);
    expect(texts).toContain("total：应为 1，实际为 16000");
    expect(texts).toContain("totl：应为 1，但没有这个字段；是否想写“total”？");
    expect(texts).toContain(
      'CART_UNKNOWN_CURRENCY 币种应为大写的 ISO 4217 代码（位置 currency，值为 "euro"）',
    );
  });

  it("of a cart that is refused have a trace that says why", async () => {
    const index = Object.keys(WRONG).indexOf("a refused cart");
    const request = { root: project.root, rule: "boots-week", locale: "zh-CN", file: CASES_FILE, index };
    const { outcome } = await editor.request<{ outcome: CaseOutcome }>(TRACE, request);
    expect(outcome.refusal).toEqual({
      code: "CART_UNKNOWN_CURRENCY",
      message: '币种应为大写的 ISO 4217 代码（位置 currency，值为 "euro"）',
    });
  });
});

describe("what has no answer", () => {
  const WARY = "Nothing of this workspace is compiled or run before you trust it";
  const WARY_ZH = "在您信任此工作区之前，不会编译或运行其中的任何内容";

  it("in a workspace that nobody trusts says so, without the name of the request", async () => {
    const wary = await openWary("zh-cn");
    await expect(wary.request(RUN_CASES, { root: project.root })).rejects.toThrow(exactly(WARY_ZH));
    // A view may have another language than its editor.
    const english = { root: project.root, cart: VIEW_CART, by: { kind: "table" }, locale: "en" };
    await expect(wary.request(PRICE, english)).rejects.toThrow(exactly(WARY));
    await wary.close();
  });

  it.each([
    ["zh", WARY_ZH],
    ["zh-Hans-CN", WARY_ZH],
    // As VS Code has the extension's commands and messages where it has no texts for a language.
    ["zh-tw", WARY],
    ["zh-Hant-HK", WARY],
    ["de", WARY],
  ])("says so to an editor in %s in the one language that all of it is in", async (locale, said) => {
    const wary = await openWary(locale);
    await expect(wary.request(RUN_CASES, { root: project.root })).rejects.toThrow(exactly(said));
    await wary.close();
  });

  it("by a mistake of ours says that it is one", async () => {
    await expect(editor.request(LIBRARY, {})).rejects.toThrow(/^由于扩展自身的错误而失败：/);
  });

  it("of a file that is gone says so", async () => {
    const uri = `${project.root}/gone.wasm`;
    await expect(editor.execute(VERIFY_BUNDLE, uri)).rejects.toThrow(`没有文件 ${fileURLToPath(uri)}`);
  });

  it("of a rule that is gone says so", async () => {
    const by = { kind: "rule", rule: "gone" };
    const answer = await editor.request<PriceAnswer>(PRICE, { root: project.root, cart: VIEW_CART, by });
    expect(answer).toMatchObject({ message: '项目中没有这条规则（位置 rule，值为 "gone"）' });
  });
});

describe("refusals from elsewhere", () => {
  it.each([
    [
      "SERVER_ROLLOUT_LIVE",
      "A rollout of this channel is under way; it ends first",
      "此渠道有灰度发布正在进行，须先结束",
    ],
    ["CLI_KEY_LOCKED", "The passphrase is wrong, or the file was changed", "口令不对，或文件已被改动"],
    ["CLI_BAD_KEY", "a secret key file has 65 bytes, got 5", "secret 密钥文件应有 65 字节（值为 5）"],
    [
      "SIGNATURE_BAD_SIGNER",
      "The signer failed with exit code 3 at key ab",
      "签名命令失败：退出码 3（位置 key ab）",
    ],
    ["COMING_SOON", "Something new", "Something new"],
  ])("under %s are told in Chinese, as far as anybody has translated them", async (code, message, said) => {
    expect(await editor.request(SAY, { code, message })).toBe(said);
  });
});

function openWary(locale: string): Promise<Editor> {
  return openEditor(bundle, { locale, folders: [project.root], initializationOptions: { trusted: false } });
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text}$`);
}

async function run(): Promise<CaseOutcome[]> {
  const report = await editor.request<RunReport>(RUN_CASES, { root: project.root });
  if (!report.ok) throw new Error(JSON.stringify(report.diagnostics));
  return report.results;
}
