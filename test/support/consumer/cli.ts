import { readProject, readRuntimeSources } from "haggle-cli";

export async function use(): Promise<unknown> {
  const { files } = await readProject("shop");
  return [Object.keys(files), Object.keys(await readRuntimeSources()).length > 0];
}

export const gives: unknown = [["rules/spend-and-save.rule.ts"], true];
