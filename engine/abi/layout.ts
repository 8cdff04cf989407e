// The memory map and the record layouts, compiled by both `tsc` and `asc`: plain integer constants, nothing else.
// Little endian, every record aligned to 8 bytes, i64 fields at multiples of 8. Version 0 may still change.

export * from "./layout/cart.ts";
export * from "./layout/decision.ts";
export * from "./layout/effects.ts";
export * from "./layout/memory.ts";
export * from "./layout/table.ts";
