import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Audit } from "../audit/service.ts";
import type { Strategy } from "./allocate.ts";
import { findStrategy } from "./reservation-store.ts";
import type { LocationBody, LocationView } from "./schema.ts";
import { DEFAULT_STRATEGY } from "./settle.ts";
import type { By } from "./stock.ts";
import * as store from "./stock-store.ts";

type Dependencies = { database: Database; audit: Pick<Audit, "record">; clock: Clock };

/** Where stock is, and which of these places an order comes from. What changes here counts from the next order on. */
export function createLocations({ database, audit, clock }: Dependencies) {
  return {
    async list(): Promise<LocationView[]> {
      return (await store.listLocations(database)).map(toView);
    },
    /** @throws HaggleError INVENTORY_UNKNOWN_LOCATION */
    async get(id: string): Promise<LocationView> {
      const row = await store.findLocation(database, id);
      if (row === undefined) throw refuse("INVENTORY_UNKNOWN_LOCATION", "id", id);
      return toView(row);
    },
    /** @throws HaggleError SERVER_BAD_REQUEST for half of a point */
    async put(id: string, body: LocationBody, by: By): Promise<LocationView> {
      if ((body.latitude === undefined) !== (body.longitude === undefined)) {
        throw refuse("SERVER_BAD_REQUEST", body.latitude === undefined ? "body/latitude" : "body/longitude");
      }
      const row = toRow(id, body, clock());
      await database.transaction(async (tx) => {
        const before = await store.lockLocation(tx, id);
        await store.putLocation(tx, row);
        await audit.record(tx, {
          ...by,
          action: "location.put",
          object: `location:${id}`,
          ...(before !== undefined && { before: toView(before) }),
          after: toView(row),
        });
      });
      return toView(row);
    },
    /** @throws HaggleError INVENTORY_UNKNOWN_LOCATION, INVENTORY_LOCATION_IN_USE */
    async remove(id: string, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const before = await store.lockLocation(tx, id);
        if (before === undefined) throw refuse("INVENTORY_UNKNOWN_LOCATION", "id", id);
        await store.deleteEmptyLevels(tx, id);
        if (await store.hasLevels(tx, id)) throw refuse("INVENTORY_LOCATION_IN_USE", "id", id);
        await store.deleteLocation(tx, id);
        await audit.record(tx, {
          ...by,
          action: "location.deleted",
          object: `location:${id}`,
          before: toView(before),
        });
      });
    },
    async findStrategy(): Promise<Strategy> {
      return (await findStrategy(database)) ?? DEFAULT_STRATEGY;
    },
    async putStrategy(strategy: Strategy, by: By): Promise<Strategy> {
      await database.transaction(async (tx) => {
        const before = (await findStrategy(tx)) ?? DEFAULT_STRATEGY;
        await store.putStrategy(tx, strategy, clock());
        await audit.record(tx, {
          ...by,
          action: "inventory.allocation",
          object: "inventory",
          before,
          after: strategy,
        });
      });
      return strategy;
    },
  };
}

function toRow(location: string, body: LocationBody, updatedAt: number): store.LocationRow {
  const { name = "", priority = 0, region = null, latitude = null, longitude = null } = body;
  return { location, name, priority, region, latitude, longitude, updatedAt };
}

function toView({ location, region, latitude, longitude, ...row }: store.LocationRow): LocationView {
  return {
    id: location,
    ...row,
    ...(region !== null && { region }),
    ...(latitude !== null && { latitude }),
    ...(longitude !== null && { longitude }),
  };
}
