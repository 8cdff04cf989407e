// The WebAssembly binary format as far as Haggle reads and writes it: names of bytes, and limits. The meter, the
// profile check and the embedded signature share this page.
// Source: https://webassembly.github.io/spec/core/binary/

// Constants stand before everything else, so that esbuild puts their values where they are used.

export const SECTION_CUSTOM = 0;
export const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_FUNCTION = 3;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_GLOBAL = 6;
export const SECTION_EXPORT = 7;
export const SECTION_START = 8;
export const SECTION_ELEMENT = 9;
export const SECTION_CODE = 10;
export const SECTION_DATA = 11;

export const EXTERNAL_FUNCTION = 0;
export const EXTERNAL_TABLE = 1;
export const EXTERNAL_MEMORY = 2;
export const EXTERNAL_GLOBAL = 3;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const FUNCREF = 0x70;
export const FUNCTION_TYPE = 0x60;
/** The block type of a block without a result. */
export const NO_RESULT = 0x40;

/** The custom section that holds an embedded wasmsign2 signature; only allowed as the first section. */
export const SIGNATURE_SECTION = "signature";

// Limits. All are checked before anything of that size is allocated or walked.

/** As Shopify Functions allow; 50 rules with their runtime take about 25 KB. */
export const MAX_BUNDLE_BYTES = 262_144;
/** 16 MiB. A thousand lines take less than four pages; growth of larger memories was measured in seconds. */
export const MAX_MEMORY_PAGES = 256;
export const MAX_FUNCTIONS = 4096;
export const MAX_TYPES = 512;
export const MAX_GLOBALS = 512;
export const MAX_EXPORTS = 32;
/** Entries of the one table, and entries of all element segments together. */
export const MAX_ELEMENTS = 1024;
export const MAX_DATA_SEGMENTS = 512;
/** Without parameters. Engines allow 50,000, which is half a megabyte of stack for one frame. */
export const MAX_LOCALS = 1000;
export const MAX_PARAMETERS = 64;
/** Open blocks inside one body, so that a recursive compiler stays shallow. */
export const MAX_NESTING = 128;
/** Frames on the longest path of calls. The engine, its sorting and the rules were measured at 11. */
export const MAX_CALL_DEPTH = 256;
export const MAX_BODY_BYTES = 65_536;
export const MAX_BRANCH_TARGETS = 1024;
export const MAX_SECTION_NAME_BYTES = 64;

/** `\0asm` and version 1: a core module. Components differ in the last four bytes. */
export const WASM_HEADER: Uint8Array = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Tool output that does no harm and helps debugging. */
export const HARMLESS_SECTIONS: readonly string[] = ["name", "producers", "sourceMappingURL"];
