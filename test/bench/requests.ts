import { connect, type Socket } from "node:net";

/** The n-th of them; a text is the same each time. */
type Text = string | ((n: number) => string);

type Asking = {
  text: Text;
  count: number;
  connections: number;
  /** The one that is right. */
  status: number;
  /** Is given each answer, head and body, and how long it took. */
  heard?: (answer: string, tookMs: number) => void;
};

/**
 * Sends the same request again and again over some open connections, and counts the answers of the status that is right.
 * Nothing but sockets, so that a client's cost says nothing about a server's.
 */
export async function send(url: string, { text, count, connections, status, heard }: Asking): Promise<void> {
  const { hostname, port } = new URL(url);
  let left = count;
  await Promise.all(Array.from({ length: connections }, () => converse(connect(Number(port), hostname))));

  function converse(socket: Socket): Promise<void> {
    let rest = "";
    let from = 0;
    return new Promise((resolve, reject) => {
      const next = () => {
        if (left-- > 0) {
          from = performance.now();
          socket.write(typeof text === "string" ? text : text(left));
        } else {
          socket.end();
          resolve();
        }
      };
      socket.setNoDelay(true);
      socket.on("error", reject);
      socket.on("connect", next);
      socket.on("data", (chunk) => {
        rest += chunk.toString("latin1");
        const end = lengthOf(rest);
        if (end === undefined || rest.length < end) return;
        if (!rest.startsWith(`HTTP/1.1 ${status} `)) return reject(new Error(rest.slice(0, 200)));
        heard?.(rest.slice(0, end), performance.now() - from);
        rest = rest.slice(end);
        next();
      });
    });
  }
}

/** Of an answer with its body; undefined while its head is not whole. */
function lengthOf(answer: string): number | undefined {
  const head = answer.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, head));
  return head + 4 + Number(length?.[1] ?? 0);
}
