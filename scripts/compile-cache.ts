import module from "node:module";
import { join } from "node:path";

/** Inside the installation, which is executed anyway; whoever removes it loses nothing but time. */
export const COMPILE_CACHE = join(import.meta.dirname, "../node_modules/.cache/haggle-compiled");

/** What this process loads from now on is compiled once, and not again by the next one. */
export function keepCompiled(): void {
  module.enableCompileCache(COMPILE_CACHE);
}
