import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { type AddressError, createApi, parseAddress } from "../../extension/client/release/api.ts";
import { type Board, loadBoard } from "../../extension/client/release/board.ts";
import { readRelease } from "../../extension/client/release/documents.ts";
import { explainError } from "../../extension/client/release/explain-error.ts";
import { outlineOf, statusOf } from "../../extension/client/release/outline.ts";

// What the extension makes of servers that are none, or that lie: each is a program of the test behind an address.

/** Stands for VS Code's translations: the English words. */
const l10n = {
  t: (message: string, ...values: (string | number)[]) =>
    message.replace(/\{(\d)\}/g, (_all, at: string) => String(values[Number(at)])),
};

describe("a server that is asked", () => {
  const programs: Server[] = [];
  afterAll(() => {
    for (const program of programs) {
      program.close();
      program.closeAllConnections();
    }
  });

  /** Another program behind an address. */
  async function answering(answer: RequestListener): Promise<string> {
    const program = createServer(answer);
    programs.push(program);
    await new Promise<void>((resolve) => program.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(program.address() as AddressInfo).port}`;
  }

  it("gets no key in the clear, nor in its address", () => {
    expect(parseAddress("http://127.0.0.1:8787/")).toBe("http://127.0.0.1:8787");
    expect(parseAddress(" https://haggle.example/api/?a#b ")).toBe("https://haggle.example/api");
    const faults = [
      "http://haggle.example",
      "https://me:secret@haggle.example",
      "ftp://x",
      "nonsense",
      "",
    ].map((address) => {
      try {
        return createApi(address, "key").url;
      } catch (error) {
        expect(explainError(error, l10n)).not.toContain("secret");
        return (error as AddressError).fault;
      }
    });
    expect(faults).toEqual(["inTheClear", "hasKey", "notHttp", "notHttp", "notHttp"]);
  });

  it("may not send the key on to another one", async () => {
    const seen: (string | undefined)[] = [];
    const thief = await answering((request, response) => {
      seen.push(request.headers.authorization);
      response.end("{}");
    });
    const sly = await answering((_request, response) => {
      response.writeHead(307, { location: `${thief}/v1/releases` }).end();
    });
    await expect(createApi(sly, "key").ask("GET", "/v1/releases")).rejects.toMatchObject({
      code: "CLIENT_NETWORK",
    });
    expect(seen).toEqual([]);
  });

  it("is told from other programs, and from nobody", async () => {
    const page = await answering((_request, response) => response.end("<html>"));
    const refusing = await answering((_request, response) => response.writeHead(418).end("tea"));
    const breaking = await answering((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => request.socket.destroy());
    });
    const explain = async (url: string) =>
      createApi(url, "key")
        .ask("GET", "/v1/releases")
        .then(String, (error: unknown) => explainError(error, l10n));
    expect(await explain(page)).toContain("is not JSON");
    expect(await explain(refusing)).toContain("status 418");
    expect(await explain(breaking)).toContain("does not answer");
    expect(await explain("http://127.0.0.1:1")).toContain("does not answer");
  });

  it("is let go when nobody waits any more, even in the middle of an answer", async () => {
    const closed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = await answering((request, response) => {
      request.socket.once("close", () => closed.resolve());
      response.writeHead(200).write("{", () => begun.resolve());
    });
    const controller = new AbortController();
    const asked = createApi(slow, "key").ask("GET", "/v1/releases", undefined, controller.signal);
    await begun.promise;
    controller.abort();
    // As VS Code calls it, so that it is no error to anybody.
    await expect(asked).rejects.toMatchObject({ name: "Canceled" });
    await closed.promise;
  });

  it("is not listened to without end", async () => {
    const endless = await answering((_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1 << 20, " ");
      const more = () => !response.destroyed && response.write(chunk, more);
      more();
    });
    const asked = createApi(endless, "key").read("/v1/bundles/x");
    await expect(asked).rejects.toMatchObject({ name: "StrangeAnswer" });
  });

  it("that says nonsense is told so, part by part, and the tree stands", async () => {
    const envelope = (payload: unknown) =>
      JSON.stringify({ payload: Buffer.from(JSON.stringify(payload)).toString("base64") });
    const nonsense = [
      '{ "releases": [{}] }',
      '{ "releases": null, "rollouts": [null], "experiments": [{ "key": 1 }], "approvals": [{}] }',
      envelope({}),
      envelope(null),
      "[]",
      "null",
    ];
    for (const said of nonsense) {
      const liar = await answering((_request, response) => response.end(said));
      const board = await loadBoard(createApi(liar, "key"), { channel: "stable", known: new Map() }).catch(
        (error: unknown) => error,
      );
      if (board instanceof Error) {
        expect(explainError(board, l10n)).not.toContain("undefined");
        expect(["StrangeAnswer", "ServerError"]).toContain(board.name);
      } else {
        expect(outlineOf(board as Board, { rules: [], l10n, locale: "en" })).not.toEqual([]);
        expect(statusOf(board as Board, "stable", l10n).text).toContain("stable");
      }
    }
    const digest = "a".repeat(64);
    const half = await answering(({ url }, response) =>
      response.end(
        url!.startsWith("/v1/releases/") ? envelope({ version: 1 }) : '{ "releases": [], "rollouts": [] }',
      ),
    );
    await expect(readRelease(createApi(half, "key"), digest)).rejects.toMatchObject({
      ...{ name: "StrangeAnswer", message: `/v1/releases/${digest}` },
    });
  });
});
