import { once } from "node:events";
import { connect } from "node:net";
import type { Request } from "./registry-stage.ts";

/** What an accident makes of a file, and which accident. */
export type Tear = { how: string; tear(whole: Uint8Array): Uint8Array };

/** Cut at every `step`th byte, and zero from there on: what is left by a disk or a connection that gave out. */
export function tears(length: number, step: number): Tear[] {
  return placesIn(length, step).flatMap((at) => [
    { how: `cut at ${at}`, tear: (whole) => whole.subarray(0, at) },
    { how: `zero from ${at}`, tear: (whole) => whole.slice().fill(0, at) },
  ]);
}

export function placesIn(length: number, step: number): number[] {
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

/** Sends a request up to the `at`th byte of its body and is gone, with a good-bye or without one. */
export async function cutOff(
  { url, key }: { url: string; key: string },
  { method, path, type, body }: Request,
  at: number,
  { resets }: { resets: boolean },
): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const isClosed = once(socket, "close");
  await once(socket, "connect");
  const head = [
    `${method} ${path} HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${key}`,
    `content-type: ${type}`,
    `content-length: ${body.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await new Promise((resolve) => socket.write(body.subarray(0, at), resolve));
  if (resets) socket.resetAndDestroy();
  else socket.destroy();
  await isClosed;
}
