import type { FastifyRequest } from "fastify";
import type { By } from "./change.ts";

export function byOf({ actor, id }: Pick<FastifyRequest, "actor" | "id">): By {
  return { actor, requestId: id };
}

/** A page, and behind which name the next one begins. */
export function pageOf<T>(rows: readonly T[], limit: number, nameOf: (row: T) => string): { next?: string } {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return last === undefined ? {} : { next: nameOf(last) };
}
