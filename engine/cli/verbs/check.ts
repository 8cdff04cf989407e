import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findMinorDigits, parseMetadata } from "@haggle/abi";
import { createEngine, verifyProfile } from "@haggle/sdk";
import { type CheckReport, checkPromotions, type Finding, signRelease } from "@haggle/toolchain";
import { dataFolder, onePath } from "../arguments.ts";
import { buildProject } from "../build-project.ts";
import { writeAtomically } from "../files.ts";
import { developmentSigner } from "../keys.ts";
import type { Verb } from "../main.ts";
import { findProject, readProject } from "../project.ts";
import { counted, pasted, showDiagnostic, shown, type Terminal, usageError } from "../terminal.ts";

export const check: Verb = {
  usage: `Usage: haggle check [DIR] [--carts] [--json] [--budget NAME=AMOUNT]... [--cost PERCENT]

Looks for promotions that never apply, stand in each other's way, or give more than they should. Each finding comes with
the cheapest cart found that shows it, priced before it is told. Exits with 1 when there are errors.

  DIR                   the project; found from the current folder upwards when left out
  --carts               writes the carts to dist/check/, for haggle run
  --json                the report as JSON
  --budget NAME=AMOUNT  what an allowance starts with, in minor units or pieces
  --cost PERCENT        what goods are taken to cost the shop, of their price, where a margin is kept; 50 when left out
  --currency CODE       of the carts; EUR when left out`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        carts: { type: "boolean" },
        json: { type: "boolean" },
        budget: { type: "string", multiple: true },
        cost: { type: "string" },
        currency: { type: "string" },
      },
    });
    const budgets = Object.fromEntries((values.budget ?? []).map(readBudget));
    const costPercent = values.cost === undefined ? undefined : readNumber(values.cost, "--cost");
    const currency = values.currency?.toUpperCase();
    if (currency !== undefined && findMinorDigits(currency) === undefined) {
      throw usageError("--currency takes an ISO 4217 code", values.currency);
    }
    const root = positionals.length === 0 ? await findProject(terminal.cwd) : onePath(terminal, positionals);
    const project = await readProject(root);
    const data = dataFolder(terminal, project.root);
    const signer = await developmentSigner(data);
    const now = Date.now();
    const built = await buildProject({ project, out: join(data, "run"), signer, now, development: true });
    for (const diagnostic of built.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
    if (!built.ok) return 1;

    const { bundle, root: trusted } = built.files;
    const engine = await createEngine({ ...built.files, server: true, development: true });
    const { promotions, policy } = engine;
    const metadata = parseMetadata(verifyProfile(bundle).metadata);
    const report = await checkPromotions({
      ...{ promotions, policy, metadata, now, budgets },
      price: (cart) => engine.evaluate(cart),
      async reorder(reordered) {
        const reference = { sha256: engine.bundle, size: bundle.length };
        const release = await signRelease({
          ...{ signer, now, metadata, policy, version: 1 },
          bundle: reference,
          promotions: reordered,
        });
        const other = await createEngine({
          bundle,
          release: release.bytes,
          root: trusted,
          server: true,
          development: true,
        });
        return (cart) => other.evaluate(cart);
      },
      onProgress: (done, of) => showProgress(terminal, done, of),
      ...(costPercent === undefined ? {} : { costPercent }),
      ...(currency === undefined ? {} : { currency }),
    });
    const folder = join(project.root, "dist/check");
    const files = values.carts ? await writeCarts(folder, report.findings) : [];
    if (values.json) terminal.out(JSON.stringify(toJson(report, files, terminal), null, 2));
    else showReport(report, files, terminal);
    return report.findings.some(({ severity }) => severity === "error") ? 1 : 0;
  },
};

function readBudget(text: string): [string, number] {
  const [, name, amount] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || amount === undefined) throw usageError("A budget is NAME=AMOUNT", text);
  return [name, readNumber(amount, "--budget")];
}

function readNumber(text: string, flag: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(number) || number < 0) {
    throw usageError(`${flag} takes a whole number from 0 on`, text);
  }
  return number;
}

/** On a terminal only: in a log each state would be a line of its own. */
function showProgress({ stderr, paint }: Terminal, done: number, of: number): void {
  if (stderr.isTTY !== true) return;
  const bar = "█".repeat(done) + "░".repeat(of - done);
  stderr.write(done === of ? "\r\u001b[K" : `\r\u001b[K${paint("cyan", bar)}  ${done} of ${of} checks`);
}

/** One file for each finding: 01-shadowed-summer-sale.json. */
async function writeCarts(folder: string, findings: readonly Finding[]): Promise<string[]> {
  const files: string[] = [];
  for (const [i, { code, promotions, cart }] of findings.entries()) {
    const kind = code.replace("CHECK_", "").toLowerCase();
    const id = promotions[0]!.replace(/[^\p{L}\p{N}]+/gu, "-");
    const path = resolve(folder, `${String(i + 1).padStart(2, "0")}-${kind}-${id}.json`);
    await writeAtomically(path, `${JSON.stringify(cart, null, 2)}\n`);
    files.push(path);
  }
  return files;
}

function toJson(report: CheckReport, files: readonly string[], terminal: Terminal) {
  const findings = report.findings.map((finding, i) =>
    files[i] === undefined ? finding : { ...finding, file: shown(terminal, files[i]) },
  );
  return { ...report, findings };
}

const COLOURS = { error: "red", warning: "yellow", note: "cyan" } as const;

function showReport(report: CheckReport, files: readonly string[], terminal: Terminal): void {
  const { findings, undecided, pricedCarts } = report;
  const { paint } = terminal;
  for (const [i, { code, severity, text, cart }] of findings.entries()) {
    terminal.out(`${paint(COLOURS[severity], `${severity} ${code}`)} ${text}`);
    const file = files[i];
    const told =
      file === undefined ? JSON.stringify(cart) : `haggle run ${pasted(shown(terminal, file))} --server`;
    terminal.out(`  ${paint("dim", file === undefined ? `cart: ${told}` : `shown by: ${told}`)}`);
  }
  for (const { code, promotions, text } of undecided) {
    terminal.out(
      `${paint("dim", `undecided ${code}`)} ${promotions.map((id) => `'${id}'`).join(", ")}: ${text}`,
    );
  }
  const count = (severity: Finding["severity"]) =>
    findings.filter((found) => found.severity === severity).length;
  const counts = [
    counted(count("error"), "error"),
    counted(count("warning"), "warning"),
    counted(count("note"), "note"),
    `${undecided.length} undecided`,
  ];
  terminal.out(`${counts.join(", ")}; ${counted(pricedCarts, "cart")} priced`);
}
