// `npm start`. All else is loaded behind the cache of compiled code, which halves the time of every start but the first.

import { keepCompiled } from "./compile-cache.ts";

keepCompiled();
const { explainError, HaggleError } = await import("@haggle/abi");
const { startDemo } = await import("./demo.ts");

try {
  await startDemo();
} catch (cause) {
  if (!(cause instanceof HaggleError)) throw cause;
  console.error(`${cause.code} ${explainError(cause)}`);
  process.exitCode = 1;
}
