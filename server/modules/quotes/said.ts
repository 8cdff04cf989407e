import type { Cart } from "@haggle/sdk";

/** Attributes of lines as somebody said them, by the line's id. Nothing of it has passed a schema. */
export type Said = ReadonlyMap<unknown, Readonly<Record<string, unknown>>>;

/** More places are not told. */
const MAX_IGNORED = 20;

/**
 * What a body says of its goods. With `allowed` only those attributes stay in it: whoever has no key could else say of his goods what a
 * promotion is for.
 */
export function takeSaid(body: unknown, allowed: ReadonlySet<string> | undefined): Said {
  const said = new Map<unknown, Record<string, unknown>>();
  const { lines } = Object(body) as { lines?: unknown };
  if (!Array.isArray(lines)) return said;
  for (const line of lines as { id?: unknown; attributes?: unknown }[]) {
    const { id, attributes } = Object(line) as { id?: unknown; attributes?: unknown };
    if (typeof attributes !== "object" || attributes === null || Array.isArray(attributes)) continue;
    said.set(id, attributes as Record<string, unknown>);
    if (allowed === undefined) continue;
    const kept = Object.entries(attributes).filter(([name]) => allowed.has(name));
    if (kept.length > 0) line.attributes = Object.fromEntries(kept);
    else delete line.attributes;
  }
  return said;
}

/** The places of what was said and does not count: the catalog says otherwise, or nobody may say it. */
export function listIgnored({ lines }: Cart, said: Said): string[] | undefined {
  const places = lines.flatMap(({ id, attributes = {} }, index) =>
    Object.entries(said.get(id) ?? {})
      .filter(([name, value]) => attributes[name] !== value)
      .map(([name]) => `lines[${index}].attributes.${name.slice(0, 100)}`),
  );
  return places.length === 0 ? undefined : places.slice(0, MAX_IGNORED);
}

/** The cart as whoever said it has it. */
export function withSaid(cart: Cart, said: Said): Cart {
  const lines = cart.lines.map((line) => ({ ...line, attributes: said.get(line.id) ?? line.attributes }));
  return { ...cart, lines: lines as Cart["lines"] };
}
