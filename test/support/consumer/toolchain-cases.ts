import { type Case, holdsCases, parseCases } from "@haggle/toolchain/cases";
import type { Given } from "./given.ts";

export async function use({ cart }: Given): Promise<unknown> {
  const cases: Case[] = parseCases([{ name: "one", cart, expect: {} }], "rules/one.cases.json");
  return [holdsCases("rules/one.cases.json"), cases.map(({ name }) => name)];
}

export const gives: unknown = [true, ["one"]];
