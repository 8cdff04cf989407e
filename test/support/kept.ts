import type { Database } from "@haggle/server";

/** The columns of every table, as the database has them. */
export async function listColumns(database: Database): Promise<Record<string, string[]>> {
  const rows = await database.query<{ table: string; columns: string[] }>(
    `select table_name as table, array_agg(column_name::text order by column_name) as columns
     from information_schema.columns where table_schema = 'public' group by table_name order by table_name`,
  );
  return Object.fromEntries(rows.map(({ table, columns }) => [table, columns]));
}

/** The names of all fields that bodies of requests may have, as the interface describes them. */
export function listFields(description: unknown): string[] {
  const names = new Set<string>();
  const { paths } = description as { paths: Record<string, Record<string, { requestBody?: unknown }>> };
  for (const path of Object.values(paths)) {
    for (const { requestBody } of Object.values(path)) collect(requestBody, names);
  }
  return [...names].sort();
}

function collect(value: unknown, names: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "properties") for (const name of Object.keys(inner as object)) names.add(name);
    collect(inner, names);
  }
}
