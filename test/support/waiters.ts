import type { Database } from "@haggle/server";
import { until } from "./server.ts";

/** Until so many wait for the rows of the connection `holder`, or for those of somebody who does. */
export async function waitersAre(count: number, holder: number, database: Database): Promise<void> {
  await until(async () => {
    const waiting = await database.query(
      `with recursive waiting (pid) as (
         select $1::int
         union
         select a.pid from pg_stat_activity a join waiting w on w.pid = any (pg_blocking_pids(a.pid))
       ) select pid from waiting where pid <> $1`,
      [holder],
    );
    return waiting.length >= count;
  });
}
