import { refuse } from "@haggle/abi";
import type { Movement } from "./schema.ts";
import type { LevelRow, MovementRow, NewLevel } from "./stock-store.ts";

const MAX_PIECES = Number.MAX_SAFE_INTEGER;

/** Where pieces come from and go to: one row of the log each. */
export function listPlaces(movement: Movement): { sku: string; location: string }[] {
  const { sku, location } = movement;
  return movement.kind === "transfer"
    ? [
        { sku, location },
        { sku, location: movement.to },
      ]
    : [{ sku, location }];
}

/**
 * One movement after the other on the levels as they are locked: what is written into the log, and what the levels come to.
 * What is reserved stays where it is.
 *
 * @throws HaggleError INVENTORY_SHORT with how many are available, INVENTORY_TOO_MANY, SERVER_BAD_REQUEST
 */
export function applyMovements(
  movements: readonly Movement[],
  levels: readonly LevelRow[],
): { rows: MovementRow[]; levels: NewLevel[] } {
  const places = new Map(levels.map((level) => [keyOf(level), { ...level }]));
  const touched = new Set<LevelRow>();
  const rows = movements.flatMap((movement, i) => toRows(movement, i));
  for (const { at, row } of rows) {
    const level = places.get(keyOf(row))!;
    if (row.incoming < -level.incoming) throw refuse("INVENTORY_SHORT", at, level.incoming);
    const available = level.onHand - level.reserved;
    if (row.quantity < -available) throw refuse("INVENTORY_SHORT", at, available);
    level.onHand += row.quantity;
    level.incoming += row.incoming;
    if (level.onHand > MAX_PIECES || level.incoming > MAX_PIECES) throw refuse("INVENTORY_TOO_MANY", at);
    touched.add(level);
  }
  return { rows: rows.map(({ row }) => row), levels: [...touched] };
}

function toRows(movement: Movement, i: number): { at: string; row: MovementRow }[] {
  const { kind, sku, location, quantity, cause } = movement;
  const at = `movements[${i}].quantity`;
  if (quantity === 0) throw refuse("SERVER_BAD_REQUEST", at, quantity);
  const row = { kind, sku, location, quantity, incoming: 0, cause };
  switch (movement.kind) {
    case "expect":
      return [{ at, row: { ...row, quantity: 0, incoming: quantity } }];
    case "receive":
      return [{ at, row: { ...row, incoming: movement.expected ? -quantity : 0 } }];
    case "ship":
      return [{ at, row: { ...row, quantity: -quantity } }];
    case "transfer":
      if (movement.to === location) throw refuse("SERVER_BAD_REQUEST", `movements[${i}].to`, location);
      return [
        { at, row: { ...row, quantity: -quantity } },
        { at, row: { ...row, location: movement.to } },
      ];
    case "adjust":
    case "return":
      return [{ at, row }];
  }
}

function keyOf({ sku, location }: { sku: string; location: string }): string {
  return JSON.stringify([sku, location]);
}
