import type { Figures } from "./figures.ts";
export function createReport(f: Figures): string {
  return JSON.stringify(f);
}
