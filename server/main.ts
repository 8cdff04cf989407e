#!/usr/bin/env node
import { explainError, HaggleError } from "@haggle/abi";
import { readConfig } from "./config.ts";
import { serve } from "./serve.ts";

try {
  const address = await serve(readConfig(process.env));
  console.log(`Haggle listens on ${address}`);
} catch (cause) {
  if (!(cause instanceof HaggleError)) throw cause;
  console.error(`${cause.code} ${explainError(cause)}`);
  process.exitCode = 1;
}
