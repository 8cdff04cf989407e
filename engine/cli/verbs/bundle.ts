import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { explainError, HaggleError, parseMetadata, SIGNATURE_SECTION } from "@haggle/abi";
import { importPublicKey, type ProfileReport, verifyBundleSignature, verifyProfile } from "@haggle/sdk";
import { readPublicKey } from "@haggle/sdk/node";
import { wholeNumber } from "../arguments.ts";
import { getBundle } from "../files.ts";
import type { Verb } from "../main.ts";
import { counted, showError, type Terminal, usageError } from "../terminal.ts";

const SECTION_NAMES = [
  "custom",
  "type",
  "import",
  "function",
  "table",
  "memory",
  "global",
  "export",
  "start",
  "element",
  "code",
  "data",
  "data count",
];

export const bundle: Verb = {
  usage: `Usage: haggle bundle inspect FILE [--json]
       haggle bundle verify FILE --key FILE ... [--threshold N] [--signature-only] [--json]

inspect  prints what a bundle is made of and holds it against the sandbox profile; needs no key
verify   does the same and checks its signatures with public (or secret) key files

  --key FILE        a key that may sign; several may be given
  --threshold N     how many different ones of them must have signed; 1 when left out
  --signature-only  looks at the signatures (wasmsign2) and nothing else, so that every signed WebAssembly module will do

Both exit with 0 when everything holds, else with 1, a code and the offset in the file.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
    const [action, file, ...more] = positionals;
    if ((action !== "inspect" && action !== "verify") || file === undefined || more.length > 0) {
      throw usageError("bundle inspect FILE, or bundle verify FILE --key FILE", positionals.join(" "));
    }
    const { key: paths = [], threshold = "1", "signature-only": signatureOnly = false } = values;
    if (action === "verify" && paths.length === 0) throw usageError("verify needs --key FILE");
    if (action === "inspect" && (paths.length > 0 || signatureOnly)) {
      throw usageError("inspect looks at no signatures; verify does");
    }
    const needed = wholeNumber("--threshold", threshold, 1, MAX_THRESHOLD);
    const keys = await Promise.all(paths.map((path) => readPublicKey(resolve(terminal.cwd, path))));
    try {
      const trusted = await Promise.all(keys.map(importPublicKey));
      const bytes = await getBundle(resolve(terminal.cwd, file));
      const report = signatureOnly ? undefined : verifyProfile(bytes);
      const signers = action === "inspect" ? [] : await verifyBundleSignature(bytes, trusted, needed);
      if (values.json) printJson(terminal, bytes, report, signers);
      else {
        if (report) print(terminal, bytes, report);
        for (const keyid of signers) {
          terminal.out(`signature ${terminal.paint("green", "holds")}, key ${keyid}`);
        }
      }
      return 0;
    } catch (error) {
      if (!(error instanceof HaggleError)) throw error;
      if (values.json) printRefusal(terminal, error);
      else showError(terminal, error);
      return 1;
    }
  },
};

const FLAGS = {
  json: { type: "boolean" },
  key: { type: "string", multiple: true },
  threshold: { type: "string" },
  "signature-only": { type: "boolean" },
} as const;

/** A bundle has room for no more signatures. */
const MAX_THRESHOLD = 16;

function print(terminal: Terminal, bytes: Uint8Array, report: ProfileReport): void {
  const { rules, symbols, compiler, abi } = parseMetadata(report.metadata);
  terminal.out(`${bytes.length} bytes, abi ${abi}, ${compiler}`);
  terminal.out("");
  terminal.out("  offset     size  section");
  for (const { id, name, offset, size } of report.sections) {
    const label = name === "" ? (SECTION_NAMES[id] ?? String(id)) : `${SECTION_NAMES[id]} ${name}`;
    terminal.out(`${String(offset).padStart(8)} ${String(size).padStart(8)}  ${label}`);
  }
  terminal.out("");
  terminal.out(
    `${counted(report.functions, "function")}, at most ${report.maxStackDepth} deep, ${counted(report.memoryPages, "page")} of memory`,
  );
  terminal.out(`${counted(rules.length, "rule")}, ${counted(symbols.length, "symbol")}`);
  for (const rule of rules)
    terminal.out(`  ${rule.name}  ${terminal.paint("dim", `${rule.file} ${rule.function}`)}`);
  terminal.out(`profile ${terminal.paint("green", "holds")}`);
  if (!report.sections.some(({ name }) => name === SIGNATURE_SECTION)) {
    terminal.out(terminal.paint("yellow", "unsigned"));
  }
}

function printRefusal(terminal: Terminal, error: HaggleError): void {
  const { code, at } = error;
  terminal.out(JSON.stringify({ ok: false, code, at, message: explainError(error) }));
}

function printJson(
  terminal: Terminal,
  bytes: Uint8Array,
  report: ProfileReport | undefined,
  signers: string[],
): void {
  if (report === undefined) {
    terminal.out(JSON.stringify({ ok: true, size: bytes.length, signers }, null, 2));
    return;
  }
  const { sections, functions, memoryPages, maxStackDepth } = report;
  const metadata = parseMetadata(report.metadata);
  const facts = {
    ok: true,
    size: bytes.length,
    sections,
    functions,
    memoryPages,
    maxStackDepth,
    metadata,
    signers,
  };
  terminal.out(JSON.stringify(facts, null, 2));
}
