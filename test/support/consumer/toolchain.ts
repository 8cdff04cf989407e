import { signerFromSeed } from "@haggle/sdk/sign";
import { type Build, build, createCompiler, type Diagnostic } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";

const files = { "rules/one.rule.ts": "export const notARule: i32 = 1;" };

export async function use(): Promise<unknown> {
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const signer = await signerFromSeed(new Uint8Array(32));
  const built: Build = await build({ files }, { compiler, signer, version: 1, now: 0 });
  const diagnostics: Diagnostic[] = built.ok ? [] : built.diagnostics;
  return diagnostics.map(({ code }) => code);
}

export const gives: unknown = ["BUILD_NO_RULES"];
