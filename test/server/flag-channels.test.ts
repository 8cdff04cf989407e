import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import {
  createExperimentWorld,
  type ExperimentWorld,
  operateAt,
  SHOES_EXPERIMENT,
} from "../support/experiment-shop.ts";
import { ofrepCheckers } from "../support/ofrep-schemas.ts";
import type { Call } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Which channel's flags OFREP answers: the header says so, for the first channel nothing.

let world: ExperimentWorld;
let server: TestServer;
let operate: Call;
const check = ofrepCheckers();

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start({ HAGGLE_CHANNELS: "stable,preview" });
  operate = await operateAt(world, server);
  const api = createApi(server, await readAdminKey(world.shop.dataFolder));
  const next = await world.shop.sign({ version: 2 });
  await api.postRelease(next.release.bytes);
  expect((await api.point("preview", { release: next.release.sha256 })).status).toBe(200);
  for (const [key, channel] of [
    ["here", "stable"],
    ["there", "preview"],
  ]) {
    expect((await operate("/v1/experiments", { ...SHOES_EXPERIMENT, key, channel })).status).toBe(201);
    expect((await operate(`/v1/experiments/${key}/start`, {})).status).toBe(200);
  }
});

afterAll(async () => {
  await OpenFeature.clearProviders();
  await world.close();
});

const BODY = JSON.stringify({ context: { targetingKey: "c-1" } });

function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/ofrep/v1/evaluate/flags${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: BODY,
  });
}

async function keysOf(response: Response): Promise<string[]> {
  const answer = (await response.json()) as { flags: { key: string }[] };
  expect(check("bulkEvaluationSuccess", answer)).toBeUndefined();
  return answer.flags.map(({ key }) => key).filter((key) => !key.includes("."));
}

describe("flags of a channel", () => {
  it("are those of the one that the caller names, and of the first one without a word", async () => {
    expect(await keysOf(await ask(""))).toEqual(["here"]);
    expect(await keysOf(await ask("", { "x-haggle-channel": "stable" }))).toEqual(["here"]);
    expect(await keysOf(await ask("", { "x-haggle-channel": "preview" }))).toEqual(["there"]);
    expect((await ask("/there")).status).toBe(404);
    expect((await ask("/here", { "x-haggle-channel": "preview" })).status).toBe(404);
    expect(await (await ask("/there", { "x-haggle-channel": "preview" })).json()).toMatchObject({
      key: "there",
      reason: "SPLIT",
    });
  });

  it("are asked for by a published client with a header of its own", async () => {
    const headers: [string, string][] = [["x-haggle-channel", "preview"]];
    await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: server.url, headers }));
    const client = OpenFeature.getClient();
    const details = await client.getStringDetails("there", "none", { targetingKey: "c-1" });
    expect(details).toMatchObject({ reason: "SPLIT", variant: expect.stringMatching(/^(control|b)$/) });
    const other = await client.getStringDetails("here", "mine", { targetingKey: "c-1" });
    expect(other).toMatchObject({ value: "mine", errorCode: "FLAG_NOT_FOUND" });
  });

  it("have a tag of their own, so that the answer of one channel is none of another", async () => {
    const etag = (await ask("")).headers.get("etag")!;
    expect((await ask("", { "if-none-match": etag })).status).toBe(304);
    const other = await ask("", { "if-none-match": etag, "x-haggle-channel": "preview" });
    expect(other.status).toBe(200);
    expect(await keysOf(other)).toEqual(["there"]);
  });

  it("have another tag when only their own channel changes", async () => {
    const preview = { "x-haggle-channel": "preview" };
    const etag = (await ask("", preview)).headers.get("etag")!;
    expect((await operate("/v1/experiments/there/pause", {})).status).toBe(200);
    const after = await until(async () => {
      const response = await ask("", { ...preview, "if-none-match": etag });
      return response.status === 200 && response;
    });
    expect(((await after.json()) as { flags: object[] }).flags[0]).toMatchObject({ reason: "DISABLED" });
    expect((await operate("/v1/experiments/there/resume", {})).status).toBe(200);
  });

  it("are refused for a channel that is not there, not told to be unknown flags", async () => {
    for (const path of ["", "/here"]) {
      const response = await ask(path, { "x-haggle-channel": "nowhere" });
      expect(response.status).toBe(400);
      const answer = (await response.json()) as object;
      expect(answer).toMatchObject({
        errorCode: "GENERAL",
        errorDetails: expect.stringContaining("nowhere"),
      });
      expect(check(path === "" ? "bulkEvaluationFailure" : "evaluationFailure", answer)).toBeUndefined();
    }
  });
});
