// Puts fuel into a module. It must be the last step that touches code: any later optimizer would break the
// patterns that the profile check (sdk/src/profile.ts) demands. What the patterns are: engine/abi/fuel.ts.

import { FREE_COST, type FuelCode, fuelCode } from "@haggle/abi";
import { copyBody, type NewBody, type Region, writeCached, writePlain } from "./meter-code.ts";
import { fail, type Module, readModule } from "./meter-read.ts";
import { type Metered, writeModule } from "./meter-write.ts";

/**
 * Meters a module that imports nothing but `haggle.sliceEnter: (i32)->()` and `haggle.sliceLeave: ()->()`. The
 * imports become functions of the module under the indices they had; `forfeit: ()->()` and the global `fuel` are
 * added and exported. The host sets `fuel` before it calls any other export, `_initialize` too.
 *
 * Custom sections other than the metadata and the harmless ones are dropped: signatures no longer hold, and
 * tool sections may name code offsets.
 *
 * @throws HaggleError BUILD_METER with the byte offset, for a module that cannot be metered.
 */
export function meter(source: Uint8Array): Metered {
  const module = readModule(source);
  const code = fuelCode(module.globals, module.globals + 1);
  const costs = costsOfFree(module);
  const bodies = module.bodies.map((_, index) =>
    writeBody(module, module.imports.length + index, code, costs),
  );
  return writeModule(module, code, bodies);
}

/** Where the instruction went that was at `old` in the file before metering, for source maps. */
export function movedOffset(offsets: Uint32Array, old: number): number {
  let low = 0;
  let high = offsets.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[2 * middle]! <= old) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? old : old - offsets[2 * low - 2]! + offsets[2 * low - 1]!;
}

/**
 * What each function costs its callers: infinity for one that charges by itself. Those that the host or
 * call_indirect can call do so, because their callers cannot pay for them; so do the slice functions, which are
 * not to be called without handing fuel over.
 */
function costsOfFree(module: Module): number[] {
  const costs: (number | undefined)[] = module.functionTypes.map(() => undefined);
  const cost = (index: number): number => {
    if (index >= costs.length) fail("a call of a function that is not there", 0, index);
    const known = costs[index];
    if (known !== undefined) return known;
    // Also the answer to a recursion, which the profile check will refuse.
    costs[index] = Number.POSITIVE_INFINITY;
    const body = module.bodies[index - module.imports.length];
    const isReachable = module.exported.has(index) || module.indirect.has(index);
    if (body === undefined || isReachable || body.callsIndirectly || body.regions.length > 1)
      return costs[index];
    const sum = regionCost(body.regions[0]!, cost);
    if (sum <= FREE_COST) costs[index] = sum;
    return costs[index];
  };
  return costs.map((_, index) => cost(index));
}

function regionCost(region: Region, cost: (callee: number) => number): number {
  return region.calls.reduce((sum, callee) => sum + cost(callee), region.cost);
}

function writeBody(module: Module, index: number, code: FuelCode, costs: number[]): NewBody {
  const body = module.bodies[index - module.imports.length]!;
  const type = module.types[module.functionTypes[index]!];
  if (type === undefined) fail("a function without a type", 0, index);
  if (costs[index] !== Number.POSITIVE_INFINITY) return copyBody(body);
  const isFree = (callee: number): boolean => costs[callee] !== Number.POSITIVE_INFINITY;
  const weights = body.regions.map((region) =>
    regionCost(region, (callee) => (isFree(callee) ? costs[callee]! : 0)),
  );
  const plan = { code, weights, local: type.parameters.length + body.locals, result: type.result, isFree };
  return weights.length > 1 ? writeCached(body, plan, module.source) : writePlain(body, plan);
}
