declare module "*.svelte" {
  import type { Component } from "svelte";

  const component: Component<Record<string, unknown>>;
  // biome-ignore lint/style/noDefaultExport: so does a compiled component
  export default component;
}
