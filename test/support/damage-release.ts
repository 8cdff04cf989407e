import type { RolloutWorld } from "./rollout.ts";
import { tenantOf } from "./server.ts";

/** Overwrites what the registry holds of a release, as only the owner of the tables can. Returns what puts it right. */
export async function damageRelease(
  { database, shop }: Pick<RolloutWorld, "database" | "shop">,
  sha256: string,
): Promise<() => Promise<void>> {
  const of = [tenantOf(shop.dataFolder), sha256];
  const asOwner = <Row extends object>(sql: string, values: unknown[]) =>
    database.transaction(async (tx) => {
      await tx.query("set local role none");
      return tx.query<Row>(sql, values);
    });
  const select = "select document from releases where tenant_id = $1 and sha256 = $2";
  const [row] = await asOwner<{ document: Buffer }>(select, of);
  const write = "update releases set document = $3 where tenant_id = $1 and sha256 = $2";
  await asOwner(write, [...of, row!.document.subarray(1)]);
  return async () => void (await asOwner(write, [...of, row!.document]));
}
