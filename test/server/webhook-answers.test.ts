import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { post } from "../../server/modules/webhooks/send.ts";

// What no honest receiver says. A try that never settled would hold its place, and the end of the server, for ever.

let receiver: Server;
let said: string;

beforeEach(async () => {
  receiver = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(said));
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
});
afterEach(() => new Promise((done) => receiver.close(done)));

function send(): Promise<{ code: number; text: string }> {
  const { port } = receiver.address() as AddressInfo;
  const target = {
    url: new URL(`http://127.0.0.1:${port}/`),
    addresses: [{ address: "127.0.0.1", family: 4 as const }],
  };
  return post(target, { body: "{}", headers: {}, stop: new AbortController().signal });
}

it.each([
  [
    "switches protocols",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    101,
    "",
  ],
  ["ends in the middle", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", 200, "half"],
  ["says all, without a length", "HTTP/1.1 202 Accepted\r\nconnection: close\r\n\r\nall", 202, "all"],
])("an answer that %s is one", async (_name, answer, code, text) => {
  said = answer;
  expect(await send()).toEqual({ code, text });
});

it.each([
  ["nothing", ""],
  ["a first half of a head", "HTTP/1.1 200 OK\r\nconte"],
  ["an early hint and no more", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"],
  ["what is no HTTP", "220 mail.example ESMTP\r\n"],
])("%s is no answer", async (_name, answer) => {
  said = answer;
  await expect(send()).rejects.toBeInstanceOf(Error);
});
