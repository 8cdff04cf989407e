// The sandbox as a program: node --conditions=haggle-source server/sandbox/main.ts --ledger FILE --secrets FILE [--port N]
// [--callback URL]. It listens on this machine alone.

import { parseArgs } from "node:util";
import { systemClock } from "../platform/clock.ts";
import { createSandbox } from "./app.ts";
import { readSecrets } from "./secrets.ts";

const { values } = parseArgs({
  options: {
    ledger: { type: "string" },
    secrets: { type: "string" },
    port: { type: "string", default: "0" },
    callback: { type: "string" },
  },
});
const { ledger, secrets, port, callback } = values;
if (ledger === undefined || secrets === undefined)
  throw new Error("--ledger FILE and --secrets FILE are needed");
const server = createSandbox({
  ledger,
  secrets: await readSecrets(secrets),
  callbackUrl: callback,
  clock: systemClock,
});
process.once("SIGTERM", () => void server.close());
// Whoever started it as a part of himself takes it with him.
process.once("disconnect", () => void server.close());
const url = await server.listen({ host: "127.0.0.1", port: Number(port) });
process.send?.({ url });
console.log(`The sandbox listens on ${url}`);
