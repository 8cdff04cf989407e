// Lists come in pages, in the order of names: `after` one of them, so many.

import { Type } from "typebox";

/** When no limit is stated. */
const DEFAULT_LIMIT = "100";

export const LimitSchema = Type.Optional(
  Type.String({
    pattern: "^[1-9]\\d{0,2}$",
    maxLength: 3,
    description: `At most 999; ${DEFAULT_LIMIT} when left out`,
  }),
);

/** What a query asks for. */
export function readPage({ after = "", limit = DEFAULT_LIMIT }: { after?: string; limit?: string }) {
  return { after, limit: Number(limit) };
}

/** Behind which name the next page begins, if there may be one. */
export function nextOf<Row>(
  rows: readonly Row[],
  limit: number,
  nameOf: (row: Row) => string,
): { next?: string } {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return last === undefined ? {} : { next: nameOf(last) };
}
