import { createServer } from "node:net";

/**
 * Below those that systems hand out by themselves, from 32,768 on (the nodes of a cluster take one 10,000 above too): of
 * those any socket of any program may take one between two that bind it.
 */
const [FIRST, COUNT] = [12_000, 10_000];

/** Where nobody listens. A port that was free a moment ago may be another test's by now. */
export const NOBODY = "http://127.0.0.1:3";

/** A port of 127.0.0.1 for what binds it later or again; the one so far above is free too. */
export async function freePort(above = 0): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await isFree(port)) && (above === 0 || (await isFree(port + above)))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
