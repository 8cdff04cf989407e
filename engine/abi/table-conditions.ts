import { BASES, CONDITIONS, OPERATORS } from "./codes.ts";
import { listModes } from "./filter-clauses.ts";
import type { Flat } from "./flat.ts";
import * as L from "./layout.ts";
import type { Condition } from "./promotion.ts";
import { writeFilter } from "./table-filters.ts";
import type { TableWriter } from "./table-writer.ts";

/** The address of the conditions, 0 when there are none. */
export function writeConditions(writer: TableWriter, conditions: readonly Condition[]): number {
  if (conditions.length === 0) return 0;
  const start = writer.reserve(conditions.length * L.CONDITION_STRIDE);
  conditions.forEach((condition, i) => {
    writeCondition(writer, start + i * L.CONDITION_STRIDE, condition);
  });
  return L.TABLE + start;
}

function writeCondition(writer: TableWriter, record: number, condition: Condition): void {
  const { operator = "atLeast", base, tax, filter, key, match }: Flat<Condition> = condition;
  const [mode, texts] = match ? listModes(match)[0]! : [L.MODE_ANY];
  const [value, until] = numbersOf(condition);
  const flags =
    (condition.not ? L.CONDITION_NOT : 0) |
    (tax === "gross" ? L.CONDITION_GROSS : 0) |
    (tax === "net" ? L.CONDITION_NET : 0);
  writer.u32(record + L.CONDITION_KIND, CONDITIONS[condition.kind]);
  writer.u32(record + L.CONDITION_OPERATOR, OPERATORS[operator]);
  writer.u32(record + L.CONDITION_BASE, base ? BASES[base] : L.BASE_POLICY);
  writer.u32(record + L.CONDITION_FLAGS, flags);
  writer.u32(record + L.CONDITION_FILTER, writeFilter(writer, filter));
  writer.u32(record + L.CONDITION_TAGS, texts ? writer.tags(texts) : 0);
  writer.u32(record + L.CONDITION_MODE, mode);
  writer.u32(record + L.CONDITION_KEY, writer.symbol(key));
  writer.i64(record + L.CONDITION_VALUE, value);
  writer.i64(record + L.CONDITION_UNTIL, until);
}

function numbersOf(condition: Condition): [value: number, until: number] {
  switch (condition.kind) {
    case "timeOfDay":
      return [minutesOf(condition.from), minutesOf(condition.until)];
    case "weekday":
      return [bitsOf(condition.days), 0];
    case "period":
      return [condition.from ?? 0, condition.until ?? Number.MAX_SAFE_INTEGER];
    default:
      return ["value" in condition ? condition.value : 0, 0];
  }
}

/** "HH:MM" in minutes of the day. */
function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

function bitsOf(days: readonly number[]): number {
  return days.reduce((bits, day) => bits | (1 << (day - 1)), 0);
}
