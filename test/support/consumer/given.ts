// What each module of this folder is given: a project that `haggle build` has built, and a server with its release.

import { type Cart, createEngine, type Engine } from "@haggle/sdk";

export type Given = {
  /** Of a server that serves the project's release, and the root that was pinned for it. */
  url: string;
  pinned: string;
  /** What `haggle build` wrote. */
  bundle: Uint8Array<ArrayBuffer>;
  release: Uint8Array<ArrayBuffer>;
  root: Uint8Array<ArrayBuffer>;
  cart: Cart;
};

export function open({ bundle, release, root }: Given): Promise<Engine> {
  return createEngine({ bundle, release, root, development: true });
}
