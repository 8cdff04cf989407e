import type { Extension } from "../activate.ts";

/** The panel in which a cart is edited and priced. */
export async function registerCartView(_extension: Extension): Promise<void> {}
