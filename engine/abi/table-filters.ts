import { type Clause, listClauses } from "./filter-clauses.ts";
import * as L from "./layout.ts";
import type { Filter } from "./promotion.ts";
import type { TableWriter } from "./table-writer.ts";

/** The address of a filter, 0 for none. Equal filters share one. */
export function writeFilter(writer: TableWriter, filter: Filter | undefined): number {
  if (!filter) return 0;
  return writer.once(`filter ${JSON.stringify(filter)}`, () => {
    const clauses = listClauses(filter);
    // Lists first: what is reserved here must stay in one piece.
    const tags = clauses.map(({ texts }) => (texts ? writer.tags(texts) : 0));
    const block = writer.reserve(L.FILTER_CLAUSES + clauses.length * L.CLAUSE_STRIDE);
    writer.u32(block + L.FILTER_MATCH, filter.match === "any" ? L.MODE_ANY : L.MODE_EVERY);
    writer.u32(block + L.FILTER_COUNT, clauses.length);
    clauses.forEach((clause, i) => {
      writeClause(writer, block + L.FILTER_CLAUSES + i * L.CLAUSE_STRIDE, clause, tags[i]!);
    });
    return block;
  });
}

function writeClause(writer: TableWriter, record: number, clause: Clause, tags: number): void {
  writer.u32(record + L.CLAUSE_FIELD, clause.field);
  writer.u32(record + L.CLAUSE_MODE, clause.mode);
  writer.u32(record + L.CLAUSE_KEY, writer.symbol(clause.key));
  writer.u32(record + L.CLAUSE_TAGS, tags);
  writer.i64(record + L.CLAUSE_MIN, clause.min);
  writer.i64(record + L.CLAUSE_MAX, clause.max);
}
