// Doc comments as Markdown.

import type ts from "typescript";
import { codeBlock } from "../markdown.ts";

type Documented = {
  documentation?: ts.SymbolDisplayPart[] | undefined;
  tags?: ts.JSDocTagInfo[] | undefined;
};

/** The text of a doc comment, its tags behind it; empty when there is none. */
export function docsOf({ documentation, tags }: Documented): string {
  const parts = [textOf(documentation).trim(), ...(tags ?? []).map(tagText)];
  return parts.filter((part) => part !== "").join("\n\n");
}

function tagText({ name, text }: ts.JSDocTagInfo): string {
  const said = textOf(text).trim();
  if (said === "") return "";
  return name === "example" ? codeBlock(said) : `*@${name}* ${said}`;
}

function textOf(parts: readonly ts.SymbolDisplayPart[] | undefined): string {
  return (parts ?? []).map(({ text }) => text).join("");
}
