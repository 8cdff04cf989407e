import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { explainError, HaggleError, parseMetadata, SIGNATURE_SECTION } from "@haggle/abi";
import { importPublicKey, type ProfileReport, verifyBundleSignature, verifyProfile } from "@haggle/sdk";
import { getBundle } from "../files.ts";
import { readPublicKey } from "../keys.ts";
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
       haggle bundle verify FILE --key FILE [--json]

inspect  prints what a bundle is made of and holds it against the sandbox profile; needs no key
verify   does the same and checks its signature with a public (or secret) key file

Both exit with 0 when everything holds, else with 1, a code and the offset in the file.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "boolean" }, key: { type: "string" } },
    });
    const [action, file, ...more] = positionals;
    if ((action !== "inspect" && action !== "verify") || file === undefined || more.length > 0) {
      throw usageError("bundle inspect FILE, or bundle verify FILE --key FILE", positionals.join(" "));
    }
    if (action === "verify" && values.key === undefined) throw usageError("verify needs --key FILE");
    const keyPath = action === "verify" ? resolve(terminal.cwd, values.key!) : undefined;
    const publicKey = keyPath === undefined ? undefined : await readPublicKey(keyPath);
    try {
      const bytes = await getBundle(resolve(terminal.cwd, file));
      const report = verifyProfile(bytes);
      const signers =
        publicKey === undefined
          ? []
          : await verifyBundleSignature(bytes, [await importPublicKey(publicKey)], 1);
      if (values.json) printJson(terminal, bytes, report, signers);
      else print(terminal, bytes, report, signers);
      return 0;
    } catch (error) {
      if (!(error instanceof HaggleError)) throw error;
      if (values.json)
        terminal.out(
          JSON.stringify({ ok: false, code: error.code, at: error.at, message: explainError(error) }),
        );
      else showError(terminal, error);
      return 1;
    }
  },
};

function print(terminal: Terminal, bytes: Uint8Array, report: ProfileReport, signers: string[]): void {
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
  for (const keyid of signers) terminal.out(`signature ${terminal.paint("green", "holds")}, key ${keyid}`);
}

function printJson(terminal: Terminal, bytes: Uint8Array, report: ProfileReport, signers: string[]): void {
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
