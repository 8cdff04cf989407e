import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type EventServer = {
  url: string;
  /** Answers that are being written now, the oldest first. */
  open: ServerResponse[];
  /** How many asked until now. */
  asked(): number;
  close(): Promise<void>;
};

/** A server of which every byte is the test's: `answer` writes what it likes, `open` are the streams it has left open. */
export async function serveEvents(
  answer: (response: ServerResponse, nth: number, path: string) => void = startStream,
): Promise<EventServer> {
  const open: ServerResponse[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    open.push(response);
    response.once("close", () => open.splice(open.indexOf(response), 1));
    answer(response, asked++, request.url ?? "/");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function startStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": hello\n\n");
}
