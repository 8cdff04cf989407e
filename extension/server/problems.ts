// What is wrong with a file at this moment, for whoever mends it: one feature knows, others ask.

import type { Shown } from "./rule-diagnostics.ts";

type Find = (root: string, path: string) => readonly Shown[];

export type Problems = {
  find: Find;
  /** The one who knows. */
  provide(find: Find): void;
};

export function createProblems(): Problems {
  let known: Find = () => [];
  return {
    find: (root, path) => known(root, path),
    provide(find) {
      known = find;
    },
  };
}
