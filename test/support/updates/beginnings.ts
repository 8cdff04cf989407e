import { accepted, type Case, type Step, type Tree, treeOf } from "./book.ts";
import { channel1, channel2, release1, release2, type Signed, type SignedBundle, two } from "./world.ts";

// What most cases have in common: something good first, then one thing else.

export const ALARM = { alarm: true };

/** The first channel document counts; then the source has this. */
export function after(tree: Tree, expect: Step["expect"], more: Partial<Step> = {}): Case {
  return { steps: [FIRST, { ...more, tree, expect }] };
}

export const FIRST: Step = { tree: treeOf(channel1, release1), expect: accepted(1, release1) };
export const SECOND: Step = { tree: treeOf(channel2, release2, two), expect: accepted(2, release2) };

/** The second channel document's tree, with one file in another's place. */
export function mixed(
  swap: { release: Signed; under: Signed } | { bundle: SignedBundle; under: SignedBundle },
): Tree {
  const tree = SECOND.tree;
  if ("release" in swap) return { ...tree, [`releases/${swap.under.sha256}.json`]: swap.release };
  return { ...tree, [`bundles/${swap.under.sha256}.wasm`]: swap.bundle };
}
