import { type Assigner, createAssigner } from "@haggle/sdk/experiments";

export async function use(): Promise<unknown> {
  const variants = [
    { key: "control", weight: 0 },
    { key: "b", weight: 1 },
  ];
  const assigner: Assigner = createAssigner([
    { key: "threshold", unit: "customer", seed: "threshold", bucketing: "hash2", variants, coverage: 1 },
  ]);
  return [
    assigner.assign("threshold", { units: { customer: "c-7" } }).variant,
    assigner.assignAll({ units: {} }),
  ];
}

export const gives: unknown = ["b", []];
