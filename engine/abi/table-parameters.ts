// The parameter block of a promotion: the fields of the rule's class, as AssemblyScript lays them out.

import { type HaggleError, refuse } from "./errors.ts";
import { MAX_TAGS, TABLE } from "./layout.ts";
import type { ParameterSchema, ParametersSchema, RuleMetadata } from "./metadata.ts";
import { parsePercent } from "./money.ts";
import type { ParameterValue, Promotion } from "./promotion.ts";
import type { TableWriter } from "./table-writer.ts";

/** The widths of parameters in memory; each is aligned to its own width. */
const WIDTH: Record<ParameterSchema["x-haggle-type"], number> = {
  money: 8,
  percent: 4,
  integer: 4,
  boolean: 1,
  symbol: 4,
  tags: 4,
};

/**
 * Where each field of a parameter block lies, and the size of the block: the layout that AssemblyScript gives
 * an unmanaged class with the same fields.
 */
export function parameterOffsets(schema: ParametersSchema): { offsets: Map<string, number>; size: number } {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, property] of Object.entries(schema.properties)) {
    const width = WIDTH[property["x-haggle-type"]];
    const offset = Math.ceil(end / width) * width;
    offsets.set(name, offset);
    end = offset + width;
  }
  return { offsets, size: end };
}

/** The address of the block, 0 for a rule without parameters. What the promotion leaves out has the rule's default. */
export function writeParameters(writer: TableWriter, promotion: Promotion, rule: RuleMetadata): number {
  const { properties } = rule.parameters;
  const given = promotion.parameters ?? {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(properties, name)) {
      throw refuse("PROMOTION_UNKNOWN_PARAMETER", `promotions.${promotion.id}.parameters`, name);
    }
  }
  const { offsets, size } = parameterOffsets(rule.parameters);
  if (size === 0) return 0;
  const block = writer.reserve(size);
  for (const [name, property] of Object.entries(properties)) {
    const value = Object.hasOwn(given, name) ? given[name] : property.default;
    const at = `promotions.${promotion.id}.parameters.${name}`;
    writeParameter(writer, block + offsets.get(name)!, property, value, at);
  }
  return TABLE + block;
}

function writeParameter(
  writer: TableWriter,
  offset: number,
  property: ParameterSchema,
  value: ParameterValue | undefined,
  at: string,
): void {
  switch (property["x-haggle-type"]) {
    case "money":
      writer.i64(offset, parseNumber(value, at, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
      break;
    case "integer":
      writer.u32(offset, parseNumber(value, at, -(2 ** 31), 2 ** 31 - 1));
      break;
    case "percent":
      writer.u32(offset, parsePercent(value, at, "PROMOTION_WRONG_TYPE"));
      break;
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(at, value);
      writer.u8(offset, value ? 1 : 0);
      break;
    case "symbol":
      if (typeof value !== "string") throw wrongType(at, value);
      writer.u32(offset, writer.symbol(value));
      break;
    case "tags":
      writer.u32(offset, writer.tags(parseTags(value, at)));
      break;
  }
}

function parseTags(value: ParameterValue | undefined, at: string): readonly string[] | null {
  if (value === null) return value;
  if (!Array.isArray(value)) throw wrongType(at, value);
  if (value.length > MAX_TAGS) throw refuse("PROMOTION_OUT_OF_RANGE", at, value.length);
  return value;
}

function parseNumber(value: ParameterValue | undefined, at: string, least: number, most: number): number {
  if (!Number.isSafeInteger(value)) throw wrongType(at, value);
  if ((value as number) < least || (value as number) > most)
    throw refuse("PROMOTION_OUT_OF_RANGE", at, value);
  return value as number;
}

function wrongType(at: string, value: unknown): HaggleError {
  return refuse("PROMOTION_WRONG_TYPE", at, value);
}
