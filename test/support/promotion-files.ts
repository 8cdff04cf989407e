import { ABI_VERSION, type BundleMetadata, DEFAULT_POLICY } from "@haggle/abi";
import { checkData, readSource } from "@haggle/toolchain/project-files";

// Files of promotions against a bundle that has a rule of each kind.

export const METADATA: BundleMetadata = {
  abi: ABI_VERSION,
  compiler: "none",
  symbols: [],
  reads: 0,
  rules: [
    {
      name: "spend-and-save",
      kind: "promotion",
      file: "rules/a.rule.ts",
      function: "a",
      priority: 0,
      phase: "order",
      parameters: {
        type: "object",
        additionalProperties: false,
        properties: {
          threshold: { type: "integer", default: 300_00, "x-haggle-type": "money" },
          percent: { type: "string", default: "5", "x-haggle-type": "percent" },
          pieces: { type: "integer", default: 3, "x-haggle-type": "integer" },
          loud: { type: "boolean", default: false, "x-haggle-type": "boolean" },
          segment: { type: "string", default: "vip", "x-haggle-type": "symbol" },
          categories: { type: "array", items: { type: "string" }, default: null, "x-haggle-type": "tags" },
        },
      },
    },
    {
      name: "满300减50",
      kind: "promotion",
      file: "rules/b.rule.ts",
      function: "b",
      priority: 0,
      phase: "order",
      template: true,
      parameters: { type: "object", additionalProperties: false, properties: {} },
    },
    {
      name: "cost-plus",
      kind: "pricing",
      file: "rules/c.rule.ts",
      function: "c",
      priority: 0,
      phase: "pricing",
      template: true,
      parameters: { type: "object", additionalProperties: false, properties: {} },
    },
  ],
};

export const PRESETS = { default: DEFAULT_POLICY };

type Texts = Readonly<Record<string, string>>;

export function sourcesOf(files: Texts, policy?: string) {
  return {
    promotions: Object.entries(files).map(([file, text]) => readSource(`promotions/${file}`, text)),
    policy: policy === undefined ? undefined : readSource("policy.yaml", policy),
    presets: PRESETS,
  };
}

/** `file:line:column CODE message (hint)` of everything that is wrong. */
export function faultsOf(files: Texts, policy?: string): string[] {
  return checkData(sourcesOf(files, policy), METADATA).map(
    ({ severity, file, line, column, code, message, hint }) =>
      `${file}:${line}:${column} ${severity === "warning" ? "warning " : ""}${code} ${message}${hint ? ` (${hint})` : ""}`,
  );
}
