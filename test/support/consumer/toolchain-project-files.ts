import { type DataSource, holdsPromotions, readSource } from "@haggle/toolchain/project-files";

export async function use(): Promise<unknown> {
  const source: DataSource = readSource("promotions/one.yaml", "id: one");
  return [holdsPromotions("promotions/one.yaml"), source.value];
}

export const gives: unknown = [true, { id: "one" }];
