#!/usr/bin/env node
import { explainError, HaggleError } from "@haggle/abi";
import { readConfig } from "./config.ts";
import { serve } from "./serve.ts";

try {
  const address = await serve(readConfig(process.env));
  console.log(`Haggle listens on ${address}`);
} catch (cause) {
  console.error(cause instanceof HaggleError ? `${cause.code} ${explainError(cause)}` : describe(cause));
  process.exitCode = 1;
}

/** A bug by its stack alone: what else hangs on an error may be a connection string, with its password. */
function describe(cause: unknown): string {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return text.replace(/(\w+:\/\/)[^\s@]*@/g, "$1[redacted]@");
}
