import { type Flag, listParameterFlags } from "@haggle/sdk/flags";
import { type Given, open } from "./given.ts";

export async function use(given: Given): Promise<unknown> {
  const flags: Flag[] = listParameterFlags(await open(given), { promotions: [], rules: [], releases: [] });
  return flags.map(({ key, value }) => [key, value]);
}

export const gives: unknown = [
  ["spend-and-save.threshold", 30000],
  ["spend-and-save.off", 5000],
];
