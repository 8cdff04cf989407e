// `npm start`. All else is loaded behind the cache of compiled code, which halves the time of every start but the first.

import { keepCompiled } from "./compile-cache.ts";

const PARENT_LOOK_MS = 500;

keepCompiled();
const stopLooking = endWithNpm();
const { explainError, HaggleError } = await import("@haggle/abi");
const { startDemo } = await import("./demo.ts");

try {
  await startDemo();
  // Told by somebody else, it ends by itself; a second signal would end it in the middle of that. Not before the server hears
  // them: a listener alone would keep a signal from ending the start.
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, stopLooking);
} catch (cause) {
  if (!(cause instanceof HaggleError)) throw cause;
  console.error(`${cause.code} ${explainError(cause)}`);
  process.exitCode = 1;
}

/**
 * Between npm and this process is a shell, which a signal to npm ends without this process hearing of it; as if it had
 * been told, it ends then. Ctrl-C on a terminal reaches all of them.
 */
function endWithNpm(): () => void {
  if (process.env.npm_lifecycle_event !== "start") return () => {};
  const shell = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(look);
    process.kill(process.pid, "SIGTERM");
  }, PARENT_LOOK_MS);
  look.unref();
  return () => clearInterval(look);
}
