// The few functions of jstat that are used; it brings no types. Never its quantiles, which are of no known definition.

declare module "jstat" {
  const jstat: {
    /** The regularised incomplete beta function. */
    ibeta(x: number, a: number, b: number): number;
    beta: { inv(p: number, a: number, b: number): number };
    normal: { inv(p: number, mean: number, deviation: number): number };
  };
  export = jstat;
}
