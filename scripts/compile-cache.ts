import module from "node:module";
import { keptFolder } from "../engine/cli/kept-folder.ts";

/** What this process loads from now on is compiled once, and not again by the next one. It lies where `haggle` keeps the same. */
export function keepCompiled(): void {
  module.enableCompileCache(keptFolder());
}
