import type { Queryable } from "../../platform/database/database.ts";

// The SQL of shipments, one statement each. Times are epoch milliseconds.

/** Units of a line, from `firstUnit` on. */
export type ShippedUnits = { line: string; firstUnit: number; units: number };

export type ShipmentRow = {
  id: string;
  order: string;
  reference: string | null;
  lines: ShippedUnits[];
  shippedAt: number;
  deliveredAt: number | null;
};

const SHIPMENT = `shipment_id as id, order_id as "order", reference, lines, shipped_at as "shippedAt",
  delivered_at as "deliveredAt"`;

export async function insertShipment(
  { query }: Queryable,
  { id, order, reference, lines, shippedAt }: Omit<ShipmentRow, "deliveredAt">,
): Promise<void> {
  await query(
    "insert into shipments (shipment_id, order_id, reference, lines, shipped_at) values ($1, $2, $3, $4, $5)",
    [id, order, reference, JSON.stringify(lines), shippedAt],
  );
}

/** Of each line, how many of its units have left. */
export async function listShipped({ query }: Queryable, order: string): Promise<Map<string, number>> {
  const rows = await query<{ line: string; shipped: number }>(
    "select line, shipped from shipped_lines where order_id = $1",
    [order],
  );
  return new Map(rows.map(({ line, shipped }) => [line, shipped]));
}

/** Counts units that leave. That no more do than were bought is a constraint. */
export async function addShipped(
  { query }: Queryable,
  order: string,
  lines: readonly { line: string; quantity: number; units: number }[],
): Promise<void> {
  await query(
    `insert into shipped_lines as s (order_id, line, quantity, shipped)
     select $1, given.* from unnest($2::text[], $3::int[], $4::int[]) as given
     on conflict (order_id, line, tenant_id) do update set shipped = s.shipped + excluded.shipped`,
    [
      order,
      lines.map(({ line }) => line),
      lines.map(({ quantity }) => quantity),
      lines.map(({ units }) => units),
    ],
  );
}

export async function findShipment({ query }: Queryable, id: string): Promise<ShipmentRow | undefined> {
  return (await query<ShipmentRow>(`select ${SHIPMENT} from shipments where shipment_id = $1`, [id]))[0];
}

export function listShipments({ query }: Queryable, order: string): Promise<ShipmentRow[]> {
  const sql = `select ${SHIPMENT} from shipments where order_id = $1 order by shipped_at, shipment_id`;
  return query<ShipmentRow>(sql, [order]);
}

/** @returns whether it was not, until now */
export async function deliverShipment({ query }: Queryable, id: string, now: number): Promise<boolean> {
  const sql =
    "update shipments set delivered_at = $2 where shipment_id = $1 and delivered_at is null returning shipment_id";
  return (await query(sql, [id, now])).length > 0;
}

export async function hasShipment({ query }: Queryable, order: string): Promise<boolean> {
  return (await query("select from shipments where order_id = $1 limit 1", [order])).length > 0;
}
