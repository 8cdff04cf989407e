import { availableAt, type Level, type Shelves } from "./shelves.ts";

export type Line = { sku: string; quantity: number };
export type Allocation = { sku: string; location: string; quantity: number };
export type Shortage = { sku: string; quantity: number; available: number };

/** Where a location is, and when it is asked. */
export type Place = {
  location: string;
  priority: number;
  region: string | null;
  latitude: number | null;
  longitude: number | null;
};

/** Where an order goes to. */
export type Destination = {
  region?: string | undefined;
  latitude?: number | undefined;
  longitude?: number | undefined;
};

/** What a tenant has. */
export type Store = {
  shelves: Shelves;
  /** Asked only where a line could come from more than one. */
  findPlace: (location: string) => Place;
  strategy: Strategy;
};

/** How a tenant's orders are spread over its locations. */
export type Strategy = {
  /** `nearest`: in the destination's region first, then the shortest way; `priority` where no destination is told. */
  order: "priority" | "nearest";
  /** Whether an order may come from several locations, where none has all of it. */
  split: boolean;
};

type Allocated =
  | { allocations: Allocation[] }
  /** `location`: where that is missing, when all of it would be there in several places. */
  | { short: Shortage[]; location?: string };

const EARTH_RADIUS_KM = 6_371;

/**
 * Pieces for all lines, each of another sku, or for none. The first location that has everything gives everything; only then
 * is an order split, each line from the first locations that have some of it.
 */
export function allocate(
  lines: readonly Line[],
  { shelves, findPlace, strategy: { order, split } }: Store,
  destination: Destination | undefined,
): Allocated {
  const stock = lines.map((line) => ({ line, levels: shelves.of(line.sku) }));
  const short = stock.flatMap(({ line, levels }) => {
    const available = levels.reduce((sum, level) => sum + availableAt(level), 0);
    return available < line.quantity ? [{ ...line, available }] : [];
  });
  if (short.length > 0) return { short };

  const locations = rank(
    new Set(stock.flatMap(({ levels }) => levels.map(({ location }) => location))),
    findPlace,
    order === "nearest" ? destination : undefined,
  );
  let closest: { short: Shortage[]; location: string } | undefined;
  for (const location of locations) {
    const lacking = stock.flatMap(({ line, levels }) => {
      const level = levels.find((each) => each.location === location);
      const available = level === undefined ? 0 : availableAt(level);
      return available < line.quantity ? [{ ...line, available }] : [];
    });
    if (lacking.length === 0) return { allocations: lines.map((line) => ({ ...line, location })) };
    if (closest === undefined || lacking.length < closest.short.length)
      closest = { short: lacking, location };
  }
  if (!split) return closest!;
  return { allocations: stock.flatMap(({ line, levels }) => spread(line, levels, locations)) };
}

function spread({ sku, quantity }: Line, levels: readonly Level[], locations: readonly string[]) {
  const allocations: Allocation[] = [];
  let left = quantity;
  for (const location of locations) {
    const level = levels.find((each) => each.location === location);
    const taken = level === undefined ? 0 : Math.min(left, availableAt(level));
    if (taken === 0) continue;
    allocations.push({ sku, location, quantity: taken });
    left -= taken;
  }
  return allocations;
}

/** In the order in which they are asked. */
function rank(
  locations: ReadonlySet<string>,
  findPlace: Store["findPlace"],
  destination: Destination | undefined,
): string[] {
  if (locations.size === 1) return [...locations];
  const ranked = [...locations].map(findPlace).map((place) => ({
    ...place,
    isElsewhere: destination?.region !== undefined && destination.region !== place.region ? 1 : 0,
    distance: distanceBetween(place, destination),
  }));
  ranked.sort(
    (a, b) =>
      a.isElsewhere - b.isElsewhere ||
      // Two that are both nowhere are equally far.
      (a.distance === b.distance ? 0 : a.distance - b.distance) ||
      a.priority - b.priority ||
      (a.location < b.location ? -1 : 1),
  );
  return ranked.map(({ location }) => location);
}

/** Kilometres of a great circle, by the haversine formula. Infinity where one of the two is not known. */
function distanceBetween(place: Place, destination: Destination | undefined): number {
  const { latitude, longitude } = destination ?? {};
  if (latitude === undefined || longitude === undefined) return Infinity;
  if (place.latitude === null || place.longitude === null) return Infinity;
  const [from, to] = [toRadians(latitude), toRadians(place.latitude)];
  const half =
    Math.sin((to - from) / 2) ** 2 +
    Math.cos(from) * Math.cos(to) * Math.sin(toRadians(place.longitude - longitude) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}

function toRadians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
