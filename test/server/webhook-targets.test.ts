import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { post } from "../../server/modules/webhooks/send.ts";
import { type Address, checkTarget, type Resolve } from "../../server/modules/webhooks/target.ts";

const PUBLIC = "93.184.216.34";

/** What names stand for, in these tests. */
const NAMES: Record<string, string[]> = {
  "hooks.example": [PUBLIC],
  "six.example": ["2606:2800:220:1:248:1893:25c8:1946"],
  "inner.example": ["10.1.2.3"],
  "half.example": [PUBLIC, "192.168.1.1"],
  "metadata.example": ["169.254.169.254"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "nat64.example": ["64:ff9b::7f00:1"],
  "local.example": ["127.0.0.1", "::1"],
  "nothing.example": [],
  "zone.example": ["fe80::1%eth0"],
  localhost: ["127.0.0.1"],
};

const resolve: Resolve = async (hostname) => {
  const addresses = NAMES[hostname];
  if (addresses === undefined) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  return addresses.map(toAddress);
};

function toAddress(address: string): Address {
  return { address, family: address.includes(":") ? 6 : 4 };
}

const production = (url: string) => checkTarget(url, { resolve, allowLoopback: false });
const development = (url: string) => checkTarget(url, { resolve, allowLoopback: true });

const BAD = [
  // no address of https at all
  "",
  "hooks.example",
  "/hooks",
  "http://hooks.example/",
  "ftp://hooks.example/",
  "file:///etc/passwd",
  "gopher://hooks.example/",
  "data:text/plain,hello",
  "javascript:alert(1)",
  "https://",
  "https://hooks.example:99999/",
  `https://hooks.example/${"a".repeat(2_048)}`,
  // what a log or a parser may take for something else
  "https://user:secret@hooks.example/",
  "https://hooks.example@127.0.0.1/",
  "https://hooks.example/#fragment",
  // this machine, in all its spellings
  "https://localhost/",
  "https://127.0.0.1/",
  "https://127.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0177.0.0.1/",
  "https://127.0.0.1./",
  "https://127.255.255.254/",
  "https://0.0.0.0/",
  "https://0/",
  "https://[::1]/",
  "https://[::]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::127.0.0.1]/",
  "https://①②⑦.⓪.⓪.①/",
  // private, link-local, shared, reserved
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://192.168.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://100.64.0.1/",
  "https://192.0.0.170/",
  "https://198.18.0.1/",
  "https://203.0.113.1/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://224.0.0.1/",
  "https://[fe80::1]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/",
  "https://[fec0::1]/",
  "https://[ff02::1]/",
  "https://[2001:db8::1]/",
  "https://[100::1]/",
  // other nets' addresses inside of IPv6
  "https://[64:ff9b::7f00:1]/",
  "https://[64:ff9b:1::a00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[2001:0:7f00:1::]/",
  // names
  "https://inner.example/",
  "https://half.example/",
  "https://metadata.example/",
  "https://mapped.example/",
  "https://nat64.example/",
  "https://local.example/",
  "https://nothing.example/",
  "https://unknown.example/",
  "https://zone.example/",
];

describe("the target of a webhook", () => {
  it.each(BAD)("is not %s", async (url) => {
    await expect(production(url)).rejects.toMatchObject({ code: "SERVER_WEBHOOK_TARGET", at: "url" });
  });

  it.each([
    "https://hooks.example/a?b=c",
    "https://hooks.example:8443/",
    `https://${PUBLIC}/`,
    "https://six.example/",
  ])("may be %s", async (url) => {
    const target = await production(url);
    expect(target.url.href).toBe(url);
    expect(target.addresses).toHaveLength(1);
  });

  it("may be this machine where a server is tried out, and nothing else that is not public", async () => {
    for (const url of [
      "http://127.0.0.1:9999/",
      "http://[::1]:9999/",
      "http://local.example/",
      "https://localhost/",
    ]) {
      expect((await development(url)).url.href).toBe(url);
    }
    const stillBad = BAD.filter(
      (url) => !/localhost|127|local\.example|\[::1\]|2130706433|0x7f|0177|①/.test(url),
    );
    expect(stillBad.length).toBeGreaterThan(30);
    for (const url of [...stillBad, "http://hooks.example/", "http://10.0.0.1/"]) {
      await expect(development(url)).rejects.toMatchObject({ code: "SERVER_WEBHOOK_TARGET" });
    }
  });

  it("is never an address of IPv6 that is not global unicast, nor one that another address is in", async () => {
    const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(words, async (parts) => {
        const address = new ipaddr.IPv6(parts);
        const isGlobal = parts[0]! >= 0x2000 && parts[0]! < 0x4000 && address.range() === "unicast";
        const outcome = await production(`https://[${address.toNormalizedString()}]/`).then(
          () => true,
          () => false,
        );
        expect(outcome).toBe(isGlobal);
      }),
    );
  });
});

describe("a message", () => {
  it("goes to the address that was checked, whatever the name is by now, and follows no redirect", async () => {
    const asked: string[] = [];
    const receiver = createServer((request, response) => {
      asked.push(`${request.headers.host} ${request.url}`);
      response.writeHead(302, { location: "/elsewhere" }).end("go there");
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    const { port } = receiver.address() as AddressInfo;
    // Nobody knows this name: a second look would fail.
    const url = new URL(`http://rebound.invalid:${port}/hook`);
    const answer = await post(
      { url, addresses: [{ address: "127.0.0.1", family: 4 }] },
      { body: "{}", headers: {}, stop: new AbortController().signal },
    );
    expect(answer).toEqual({ code: 302, text: "go there" });
    expect(asked).toEqual([`rebound.invalid:${port} /hook`]);
    await new Promise((done) => receiver.close(done));
  });

  it("reads no more of an answer than it needs", async () => {
    let sent = 0;
    const receiver = createServer((_request, response) => {
      const timer = setInterval(() => {
        sent += 65_536;
        response.write("x".repeat(65_536));
      }, 1);
      response.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    const { port } = receiver.address() as AddressInfo;
    const target = await development(`http://127.0.0.1:${port}/`);
    const answer = await post(target, { body: "{}", headers: {}, stop: new AbortController().signal });
    expect(answer).toEqual({ code: 200, text: "x".repeat(500) });
    await new Promise((done) => receiver.close(done));
    expect(sent).toBeLessThan(50 * 65_536);
  });
});
