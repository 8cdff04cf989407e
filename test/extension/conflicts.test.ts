import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CancellationTokenSource, WorkDoneProgress } from "vscode-languageserver-protocol/node";
import { CHECK, type ConflictReport } from "../../extension/shared/conflicts.ts";
import { PRICE, type PriceAnswer } from "../../extension/shared/price.ts";
import { builtExtension } from "../support/extension.ts";
import { writeProject } from "../support/view-project.ts";
import { type Editor, openEditor } from "./editor.ts";

// The check of a whole promotion table by the language server, as the conflict view asks for it.

const SHADOWED = `- id: summer-sale
  priority: 20
  group: sale
  effects: [{ target: order, percent: "20" }]
- id: small-sale
  priority: 10
  group: sale
  effects: [{ target: order, percent: "5" }]
- id: never
  priority: 5
  conditions:
    - { kind: goodsTotal, value: 10000 }
    - { kind: goodsTotal, operator: lessThan, value: 5000 }
  effects: [{ target: order, amount: 100 }]
`;
const POLICY = "extends: default\ngroups:\n  sale: { mode: highest }\n";

let editor: Editor;
let project: { path: string; root: string };

beforeAll(async () => {
  editor = await openEditor(await builtExtension());
});
afterAll(() => editor?.close());

beforeEach(async () => {
  project = await writeProject({ "promotions/sale.yaml": SHADOWED, "policy.yaml": POLICY });
});
afterEach(() => rm(project.path, { recursive: true }));

describe("a check", () => {
  it("finds what never applies and what is always shadowed, each with a cart that shows it", async () => {
    const report = await check();
    expect(report.findings.map(({ code, promotions }) => [code, promotions[0]])).toEqual([
      ["CHECK_SHADOWED", "small-sale"],
      ["CHECK_UNREACHABLE", "never"],
    ]);
    expect(report).toMatchObject({ promotions: 3, pricedCarts: expect.any(Number) });
    const { cart } = report.findings.find(({ code }) => code === "CHECK_SHADOWED")!;
    expect(cart.currency).toBe("CNY");
    const shown = await editor.request<PriceAnswer & { ok: true }>(PRICE, {
      ...{ root: project.root, cart, by: { kind: "table" }, server: true },
    });
    const statuses = Object.fromEntries(shown.trace.map(({ promotion, status }) => [promotion, status]));
    expect(statuses).toMatchObject({ "summer-sale": "applied", "small-sale": "lost" });
  });

  it("is about the texts that the editor shows", async () => {
    const uri = `${project.root}/promotions/sale.yaml`;
    editor.open(
      uri,
      SHADOWED.split("- id: never")[0]!.replace(
        'group: sale\n  effects: [{ target: order, percent: "5"',
        'effects: [{ target: order, percent: "5"',
      ),
    );
    try {
      expect((await check()).findings).toEqual([]);
    } finally {
      editor.closeFile(uri);
    }
  });

  it("tells how far it is, and ends between two checks when nobody waits for it", async () => {
    const workDoneToken = "check-1";
    const told: string[] = [];
    const listening = editor.onProgress(WorkDoneProgress.type, workDoneToken, (progress) => {
      told.push(progress.kind === "report" ? progress.message! : progress.kind);
    });
    await check({ workDoneToken });
    expect(told).toEqual(["begin", "0/6", "1/6", "2/6", "3/6", "4/6", "5/6", "6/6", "end"]);
    listening.dispose();

    // Of so many that its end is far away when the word to stop comes.
    const uri = `${project.root}/promotions/sale.yaml`;
    const more = Array.from(
      { length: 100 },
      (_, i) => `- id: more-${i}
  priority: ${30 + i}
  effects: [{ target: order, amount: ${100 + i} }]
`,
    );
    editor.open(uri, SHADOWED + more.join(""));
    const stop = new CancellationTokenSource();
    const reached: string[] = [];
    editor.onProgress(WorkDoneProgress.type, "check-2", (progress) => {
      if (progress.kind !== "report") return;
      reached.push(progress.message!);
      stop.cancel();
    });
    const asked = editor.request(CHECK, { root: project.root, workDoneToken: "check-2" }, stop.token);
    await expect(asked).rejects.toThrow("cancelled");
    // The worker heard of it too: it does nothing more for this one, and answers the next.
    editor.closeFile(uri);
    await check();
    expect(reached).not.toContain("6/6");
  });

  it("says what is wrong where the project does not build", async () => {
    const uri = `${project.root}/promotions/sale.yaml`;
    editor.open(uri, SHADOWED.replace("percent", "precent"));
    try {
      const report = await editor.request<ConflictReport>(CHECK, { root: project.root });
      expect(report).toMatchObject({ ok: false });
      const place = { code: "DOCUMENT_UNKNOWN_FIELD", file: "promotions/sale.yaml", line: 4 };
      expect(report.ok ? [] : report.faults).toContainEqual(expect.objectContaining(place));
    } finally {
      editor.closeFile(uri);
    }
  });
});

async function check(more: object = {}): Promise<ConflictReport & { ok: true }> {
  const report = await editor.request<ConflictReport>(CHECK, {
    root: project.root,
    currency: "CNY",
    ...more,
  });
  if (!report.ok) throw new Error(JSON.stringify(report));
  return report;
}
