// The entries of @haggle/sdk as pages import them, and the bytes that each may come to.

/** What a page imports; all that belongs to the entry, or what most pages need of it. */
export type SdkEntry = {
  name: string;
  code: string;
  /** Packages that the page has anyway. */
  external?: readonly string[];
  /** Minified and compressed, of what was asked for. What is missed stays in the bench's list. */
  goalBytes?: number;
};

export const SDK_ENTRIES: readonly SdkEntry[] = [
  {
    name: "core",
    code: 'export { createEngine } from "@haggle/sdk";',
    goalBytes: 12_000,
  },
  {
    name: "client, with the core in it",
    code: 'export { createHaggle } from "@haggle/sdk/client";',
    goalBytes: 18_000,
  },
  {
    name: "react",
    code: 'export * from "@haggle/sdk/react";',
    external: ["react"],
    goalBytes: 1_500,
  },
  { name: "cart", code: 'export { createCart } from "@haggle/sdk/cart";' },
  { name: "edge", code: 'export { precompiled } from "@haggle/sdk/edge";' },
  { name: "experiments", code: 'export { createAssigner } from "@haggle/sdk/experiments";' },
  {
    name: "experiments-client",
    code: 'export { clientExperiments } from "@haggle/sdk/experiments-client";',
  },
  { name: "explain", code: 'export { explain } from "@haggle/sdk/explain";' },
  {
    name: "openfeature-server",
    code: 'export * from "@haggle/sdk/openfeature-server";',
    external: ["@openfeature/*"],
  },
  {
    name: "openfeature-web",
    code: 'export * from "@haggle/sdk/openfeature-web";',
    external: ["@openfeature/*"],
  },
  { name: "receipts", code: 'export { verifyReceipt } from "@haggle/sdk/receipts";' },
];
