import type { Given } from "./given.ts";

/** By what is imported: a program with it, and what that comes to. */
export type Uses = Readonly<Record<string, Use>>;

type Use = { use: (given: Given) => Promise<unknown>; gives: unknown };

/** Reads a file of the project, by its path in it. */
type Read = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

/** Uses them in turn. What came of each, beside what it has to be. */
export async function useAll(uses: Uses, read: Read, url: string): Promise<string> {
  const text = async (path: string) => new TextDecoder().decode(await read(path));
  const given: Given = {
    url,
    pinned: await text("../root.json"),
    bundle: await read("dist/bundle.wasm"),
    release: await read("dist/release.json"),
    root: await read("dist/root.json"),
    cart: JSON.parse(await text("carts/example.json")),
  };
  const outcomes: Record<string, { gave: unknown; gives: unknown }> = {};
  for (const [name, { use, gives }] of Object.entries(uses))
    outcomes[name] = { gave: await use(given), gives };
  return JSON.stringify(outcomes);
}
