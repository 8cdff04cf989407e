import { type Config, readConfig, rolloutArms } from "@haggle/server";

export async function use(): Promise<unknown> {
  const { dataFolder, port }: Config = readConfig({ HAGGLE_DATA: "data", PORT: "4711" });
  const arms = rolloutArms.armsOf({ fromRelease: "a", toRelease: "b", seed: "b" }, 2_500);
  return [dataFolder.endsWith("data"), port, arms.map(({ range }) => range[0])];
}

export const gives: unknown = [true, 4711, [0, 7500]];
