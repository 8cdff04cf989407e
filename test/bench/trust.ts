// What it costs not to trust a module: the profile check as modules grow, in whatever shape, and against the engine's
// own compiler. Verification of a whole release in fresh processes is in ./cold.ts.

import { gzipSync } from "node:zlib";
import { createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "../../engine/cli/runtime-sources.ts";
import { bundle, importSdk } from "./bundled-sdk.ts";
import { measure, median, ratioOf } from "./measure.ts";
import { makeShapes, repeatModule, type Shape } from "./module-shapes.ts";
import { type Row, withGoal } from "./row.ts";
import { MOST_RULES, makeRules, writeSources } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { slope } from "./scale.ts";
import type { Subject } from "./subject.ts";

const MAX_EXPONENT = 1.1;
const MAX_RATIO = 3;
const MAX_GZIP_BYTES = 5_000;

const sdk = await importSdk();

export async function* trust(options: BenchOptions): AsyncGenerator<Row> {
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const compiled = await compiler.compile({ files: writeSources(makeRules(MOST_RULES)) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const name = `${MOST_RULES} rules`;
  const real: Shape = {
    name: `${name}, up to four times over`,
    modules: [1, 2, 3, 4].map((times) => repeatModule(compiled.wasm, times)),
  };
  for (const shape of [real, ...makeShapes()]) yield* growth(shape, options);
  yield* againstCompile(name, real.modules[0]!, options);
  yield* againstCompile(`${name} four times over`, real.modules.at(-1)!, options);
  const code = await bundle('export { verifyProfile } from "@haggle/sdk";', "browser", { minify: true });
  const row: Row = {
    ...{ bench: "trust", case: "size, minified, gzip", subject: "profile and meter check" },
    ...{ value: gzipSync(code, { level: 9 }).length, unit: "bytes" },
  };
  yield withGoal(row, { atMost: MAX_GZIP_BYTES });
}

async function* growth({ name, modules }: Shape, options: BenchOptions): AsyncGenerator<Row> {
  const timings = await time(modules.map(verification), options);
  const values = timings.map(({ cpu }) => median(cpu));
  for (const [i, { length }] of modules.entries()) {
    yield { bench: "trust", case: name, subject: `${length} bytes`, value: values[i]!, unit: "us" };
  }
  const sizes = modules.map(({ length }) => Math.log(length));
  const exponent = slope(sizes, values.map(Math.log));
  yield withGoal(
    { bench: "trust", case: `exponent, ${name}`, subject: "profile", value: exponent, unit: "exponent" },
    { atMost: MAX_EXPONENT },
  );
}

/** The engine works on several threads: so by the CPU time of the process, which holds them all. */
async function* againstCompile(name: string, bytes: Uint8Array, options: BenchOptions): AsyncGenerator<Row> {
  const subjects: Subject[] = [
    { ...verification(bytes), name: "WebAssembly.compile", run: compilation(bytes) },
    { ...verification(bytes), name: "profile" },
  ];
  const timings = await time(subjects, options);
  for (const timing of timings) {
    const row: Row = {
      ...{ bench: "trust", case: name, subject: timing.subject, value: median(timing.cpu), unit: "us" },
      ...{ best: timing.wall, ratio: ratioOf(timing, timings[0]!), against: subjects[0]!.name },
    };
    yield withGoal(row, timing === timings[0] ? undefined : { atMost: MAX_RATIO });
  }
}

function verification(bytes: Uint8Array): Subject {
  const { functions } = sdk.verifyProfile(bytes);
  return {
    name: `${bytes.length} bytes`,
    run() {
      // Throws where it does not fit.
      if (sdk.verifyProfile(bytes).functions !== functions) throw new Error("another verdict");
      return functions;
    },
    decide: () => {
      throw new Error("modules price nothing");
    },
  };
}

/** Never the same bytes twice: V8 keeps compiled code by them. */
function compilation(bytes: Uint8Array): () => Promise<number> {
  const fresh = Uint8Array.from([...bytes, 0, 14, 9, ...new TextEncoder().encode("producers"), 0, 0, 0, 0]);
  let count = 0;
  return async () => {
    new DataView(fresh.buffer).setUint32(fresh.length - 4, count++);
    await WebAssembly.compile(fresh);
    return 1;
  };
}

function time(subjects: readonly Subject[], { quick }: BenchOptions) {
  const makeCarts = (count: number) => new Array(count).fill(undefined);
  return measure(subjects, { rounds: quick ? 9 : 31, roundMs: 6, makeCarts });
}
