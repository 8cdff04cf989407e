// How a case is called wherever it is shown, also before anybody knows whether it is one.

import { findProperty, type JsonNode } from "./json-places.ts";

/** Its own name, or its place in the file where it has none. */
export function caseNameOf(name: unknown, index: number): string {
  return typeof name === "string" && name !== "" ? name : `#${index + 1}`;
}

/** The same for a case in a text. */
export function caseNameIn(node: JsonNode, index: number): string {
  const name = findProperty(node, "name")?.value;
  return caseNameOf(name?.kind === "scalar" ? name.value : undefined, index);
}
