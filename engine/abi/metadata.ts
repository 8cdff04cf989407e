// What a bundle says about itself: the JSON in its one custom section `haggle`, written by the build, read by every host.

import { refuse } from "./errors.ts";
import { ABI_VERSION, MAX_SYMBOLS } from "./layout.ts";
import type { Phase } from "./promotion.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** The name of the custom section. */
export const METADATA_SECTION = "haggle";

/** How a parameter lies in memory, and so what a promotion may give for it. */
export type ParameterType = "money" | "percent" | "integer" | "boolean" | "symbol" | "tags";

/** One field of a rule's parameter class, as a JSON Schema property with the Haggle type beside it. */
export type ParameterSchema = {
  type: "integer" | "string" | "boolean" | "array";
  items?: { type: "string" };
  description?: string;
  /** Amounts in minor units, percentages as decimal strings ("12.5"), tags as an array of strings or null for any. */
  default: number | string | boolean | string[] | null;
  "x-haggle-type": ParameterType;
};

/** A rule's parameters. The order of `properties` is the order of the fields in memory. */
export type ParametersSchema = {
  type: "object";
  additionalProperties: false;
  properties: Record<string, ParameterSchema>;
};

/** One rule of a bundle. Its position in `rules` is the index by which the promotion table calls it. */
export type RuleMetadata = {
  name: string;
  /** A pricing rule says what a line shall cost per unit, any other what is taken off. */
  kind: "promotion" | "pricing";
  /** Project-relative source file and the exported function in it. */
  file: string;
  function: string;
  description?: string;
  priority: number;
  group?: string;
  /** When it runs, unless its promotion says otherwise: where the widest effect that it can return belongs. */
  phase?: Phase;
  /** Runs only in promotions that name it; any other rule that none names is a promotion by itself. */
  template?: true;
  /** READS_* bits: what it looks at, where that is less than what the bundle's rules look at together. */
  reads?: number;
  parameters: ParametersSchema;
};

export type BundleMetadata = {
  abi: number;
  compiler: string;
  rules: RuleMetadata[];
  /** Every string that rules compare with or give as a reason. Symbol k is `symbols[k - 1]`. */
  symbols: string[];
  /** READS_* bits: what the rules look at. */
  reads: number;
};

export function encodeMetadata(metadata: BundleMetadata): Uint8Array {
  return encodeUtf8(JSON.stringify(metadata));
}

/**
 * Parses the payload of the `haggle` section. The section is signed, so this checks shape, not intent.
 * Throws `PROFILE_METADATA` when it is not the JSON that a build writes, `ENGINE_ABI` for another version.
 */
export function parseMetadata(bytes: Uint8Array): BundleMetadata {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(bytes));
  } catch (cause) {
    throw refuse("PROFILE_METADATA", "bundle", undefined, cause);
  }
  const metadata = value as BundleMetadata;
  if (metadata?.abi !== ABI_VERSION) throw refuse("ENGINE_ABI", "bundle.abi", metadata?.abi);
  const sound =
    Array.isArray(metadata.rules) &&
    metadata.rules.every(isRule) &&
    Array.isArray(metadata.symbols) &&
    metadata.symbols.length <= MAX_SYMBOLS &&
    metadata.symbols.every((symbol) => typeof symbol === "string") &&
    Number.isInteger(metadata.reads);
  if (!sound) throw refuse("PROFILE_METADATA", "bundle");
  return metadata;
}

function isRule(rule: unknown): boolean {
  const { name, priority, reads = 0, parameters } = (rule ?? {}) as Partial<RuleMetadata>;
  return (
    typeof name === "string" &&
    Number.isInteger(priority) &&
    Number.isInteger(reads) &&
    typeof parameters?.properties === "object" &&
    parameters.properties !== null
  );
}
