// `haggle catalog`: files of variants into the catalog of a server, and out of it.

import { extname } from "node:path";
import { parseArgs } from "node:util";
import { API_FLAGS, API_HELP, openApi } from "../api.ts";
import type { Verb } from "../main.ts";
import { exportCatalog } from "../remote/catalog-export.ts";
import { importCatalog } from "../remote/catalog-import.ts";
import { usageError } from "../terminal.ts";

const FLAGS = {
  ...API_FLAGS,
  format: { type: "string" },
  "valid-rows": { type: "boolean" },
  "dry-run": { type: "boolean" },
  out: { type: "string" },
  json: { type: "boolean" },
} as const;

const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  ndjson: "application/x-ndjson",
  json: "application/json",
};

export const catalog: Verb = {
  usage: `Usage: haggle catalog import FILE [--format csv|ndjson|json] [--valid-rows] [--dry-run] [--json]
       haggle catalog export [--out FILE]

import  puts a file of variants into the catalog: all of it in one step, or with a row that is wrong nothing. Each fault is
        told with its line, the first hundred of them. What is there already is counted as unchanged, so the same file may
        be sent again. Ends with 1 where nothing was put.
export  writes all variants with prices, costs and products, one JSON object a line, as import takes them. Products without
        variants are not in it.

  --format F       of the file; as its name ends when left out
  --valid-rows     puts the rows that are right, although others are wrong
  --dry-run        says what would become of it, and changes nothing
  --out FILE       where to write; standard output when left out
${API_HELP}
  --json           prints the import as the server tells it, faults and all`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
    const [action, file, ...more] = positionals;
    if (action === "export" && file === undefined) {
      return exportCatalog(terminal, await openApi(terminal, values), values.out);
    }
    if (action !== "import" || file === undefined || more.length > 0) {
      throw usageError("catalog import FILE, or catalog export", positionals.join(" "));
    }
    const { format = extname(file).slice(1), json = false } = values;
    const type = Object.hasOwn(TYPES, format) ? TYPES[format] : undefined;
    if (type === undefined) throw usageError("--format csv, ndjson or json", format);
    const mode = values["valid-rows"] ? "valid-rows" : "all-or-nothing";
    const options = { type, mode, isDryRun: values["dry-run"] === true, json };
    return importCatalog(terminal, await openApi(terminal, values), file, options);
  },
};
