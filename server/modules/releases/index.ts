// Signed releases, as storefronts fetch them: channel, prices, roots, release, bundle, and a stream that says when to look.
//
// Invariant: only bytes that were verified before they were stored are served; a refused file never becomes visible.
// Invariant: a release and a bundle never change under their digest, so they may be cached for ever by anyone.
// Tables: roots, bundles, releases, release_versions, channel_heads, channel_documents (append-only). Topic: channel.
// Events: {bundle,release,prices}.stored, root.added, channel.pointed.
// Everything here is public and signed, hence `Access-Control-Allow-Origin: *` and no credentials.

import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { HaggleError } from "@haggle/abi";
import { pathOf } from "@haggle/sdk/trust";
import type { FastifyReply } from "fastify";
import { addressOf } from "../../platform/address.ts";
import type { Document, Side, SideDocument } from "../../platform/document.ts";
import { createEventStreams, type StreamEvent } from "../../platform/event-streams.ts";
import { IMMUTABLE, REVALIDATE, sendCompressible, sendDocument } from "../../platform/send-document.ts";
import { ChannelParams, DigestParams, RootParams } from "./schema.ts";
import type { LiveRelease, Releases } from "./service.ts";

/** Of a document that goes to everybody who listens; a longer one is fetched by those who want it. */
const MAX_PUSHED_BYTES = 8 * 1024;
/** For a longer one no more come in a second than a process answers beside its other work. */
const FETCHES_A_SECOND = 100;

/** Signed, and of no use to whoever changes them. */
const PUBLIC = { scope: "public" } as const;
/** Public, but each digest that is not in memory costs a question to the database: an address has its limit here as elsewhere. */
const COUNTED = { scope: "public", isCounted: true } as const;

export function releaseRoutes(releases: Releases, sides: readonly Side[] = []): FastifyPluginAsyncTypebox {
  return async (app) => {
    const streams = createEventStreams();
    /** Of channels, the digests of what was told last, who had which release by it, and the prices that belong to those. */
    const told = new Map<string, { news: string; arms: string; prices?: string | undefined }>();

    /** Other prices alone are told beside it: whoever was told of the channel again would look. */
    function tell(live: LiveRelease): void {
      const { channel: name } = live.channel;
      const { channel, root, prices } = live.documents;
      const news = `${root.sha256} ${channel.sha256}`;
      const before = told.get(name);
      if (before?.news === news) return;
      const arms = JSON.stringify(live.channel.arms);
      const isOther = before !== undefined && before.arms !== arms;
      told.set(name, { news, arms, ...(isOther && { prices: prices?.sha256 }) });
      streams.send(name, toNews(live, isOther));
    }

    /** Whoever gets another release gets its prices with it, and would look for them once more. */
    function tellBeside(name: string, news: SideDocument): void {
      const { channel, document } = news;
      if (name === "prices" && told.get(channel)?.prices === document.sha256) return;
      streams.send(channel, toSideNews(name, news, streams.readersOf(channel)));
    }

    for (const name of releases.listChannels()) {
      const live = releases.find(name);
      if (live !== undefined) tell(live);
    }
    const subscriptions = [
      releases.subscribe(tell),
      ...sides.map(({ name, subscribe }) => subscribe((news) => tellBeside(name, news))),
    ];
    app.addHook("preClose", () => {
      for (const unsubscribe of subscriptions) unsubscribe();
      streams.close();
    });
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("access-control-allow-origin", "*").header("cross-origin-resource-policy", "cross-origin");
    });

    app.get(
      "/v1/channels/:channel",
      {
        config: PUBLIC,
        schema: {
          summary: "The channel document: which releases are served, and to whom",
          params: ChannelParams,
        },
      },
      (request, reply) => {
        const { channel } = getLive(releases, request.params.channel).documents;
        return sendDocument(request, reply, channel, { type: "application/json", caching: REVALIDATE });
      },
    );

    app.get(
      "/v1/prices/:channel",
      {
        config: PUBLIC,
        schema: {
          summary: "The prices document of a channel; 204 while there is none",
          params: ChannelParams,
        },
      },
      (request, reply) => {
        const { prices } = getLive(releases, request.params.channel).documents;
        if (prices === undefined) return sendNothing(reply);
        return sendDocument(request, reply, prices, { type: "application/json", caching: REVALIDATE });
      },
    );

    app.get(
      "/v1/channels/:channel/events",
      // A HEAD of a stream without an end would hold its place for ever.
      {
        config: PUBLIC,
        schema: {
          summary: "A stream that says when there is a new channel document",
          produces: ["text/event-stream"],
          params: ChannelParams,
        },
        exposeHeadRoute: false,
      },
      (request, reply) => {
        const { channel } = request.params;
        checkChannel(releases, channel);
        const live = releases.find(channel);
        const lastEventId = request.headers["last-event-id"];
        const events = sides.flatMap(({ name, find }) => {
          const found = find(channel);
          return found === undefined ? [] : [toSideEvent(name, found)];
        });
        if (live !== undefined) events.unshift(toEvent(live));
        const stream = streams.open(addressOf(request), channel, events, lastEventId?.toString());
        if (stream === undefined) {
          throw new HaggleError(
            "SERVER_TOO_MANY_STREAMS",
            "Too many event streams are open; poll the channel",
          );
        }
        reply.header("cache-control", "no-store").header("x-accel-buffering", "no");
        return reply.type("text/event-stream").send(stream);
      },
    );

    app.get("/v1/root", { config: PUBLIC, schema: { summary: "The newest root" } }, (request, reply) =>
      sendDocument(request, reply, getLive(releases, releases.name).documents.root, {
        type: "application/json",
        caching: REVALIDATE,
      }),
    );

    for (const path of ["/v1/roots/:version", "/v1/root/:version"]) {
      app.get(
        path,
        {
          config: PUBLIC,
          schema: {
            summary: "One version of the root; 204 for the next one, while there is none",
            params: RootParams,
          },
        },
        (request, reply) => {
          const version = Number(request.params.version);
          const root = releases.findRoot(version);
          if (root !== undefined)
            return sendDocument(request, reply, root, { type: "application/json", caching: IMMUTABLE });
          if (version === getLive(releases, releases.name).trusted.root.version + 1)
            return sendNothing(reply);
          throw new HaggleError("SERVER_NOT_FOUND", "No such root is served", { value: version });
        },
      );
    }

    app.get(
      "/v1/releases/:sha256",
      { config: COUNTED, schema: { summary: "A signed release", params: DigestParams } },
      async (request, reply) => {
        const { sha256 } = request.params;
        const release = await releases.findRelease(sha256);
        if (release === undefined) {
          throw new HaggleError("SERVER_UNKNOWN_RELEASE", "No such release is served", { value: sha256 });
        }
        return sendCompressible(request, reply, release, "application/json");
      },
    );

    app.get(
      "/v1/bundles/:sha256",
      {
        config: COUNTED,
        schema: {
          summary: "A bundle of rules, as WebAssembly",
          produces: ["application/wasm"],
          params: DigestParams,
        },
      },
      async (request, reply) => {
        const { sha256 } = request.params;
        const bundle = await releases.findBundle(sha256);
        if (bundle === undefined) {
          throw new HaggleError("SERVER_UNKNOWN_BUNDLE", "No such bundle is served", { value: sha256 });
        }
        return sendCompressible(request, reply, bundle, "application/wasm");
      },
    );
  };
}

function checkChannel(releases: Releases, name: string): void {
  if (!releases.hasChannel(name)) {
    throw new HaggleError("SERVER_UNKNOWN_CHANNEL", "No such channel", { at: "channel", value: name });
  }
}

function getLive(releases: Releases, channel: string): LiveRelease {
  checkChannel(releases, channel);
  const live = releases.find(channel);
  if (live === undefined) throw new HaggleError("SERVER_NO_RELEASE", "No release has been accepted yet");
  return live;
}

/** Every client asks for what may come some day. It is no failure that it is not there, and no browser shall say so. */
function sendNothing(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", REVALIDATE).code(204).send();
}

/**
 * With the document, unless the list of what is off has made it long. Where some get another release by it, all would ask for
 * the same at once: what that is comes along.
 */
function toNews(live: LiveRelease, isOther: boolean): StreamEvent {
  const event = toEvent(live);
  const files = isOther && { files: filesFor(live) };
  return { ...event, data: { ...event.data, ...pushed(live.documents.channel), ...files } };
}

/**
 * By their places in a release folder, null for what there is not; without what is long. Whoever moves in a rollout moves to
 * the release that most do not have, and asks for it.
 */
function filesFor({ channel, trusted, documents: { release, prices } }: LiveRelease): object {
  const isEverybody = channel.arms.length === 1;
  return {
    [pathOf({ kind: "root", version: trusted.root.version + 1 })]: null,
    ...(isEverybody && {
      [pathOf({ kind: "release", sha256: release.sha256 })]: pushed(release).document,
    }),
    [pathOf({ kind: "prices", channel: channel.channel })]:
      prices === undefined ? null : pushed(prices).document,
  };
}

function toEvent({ version, release }: LiveRelease): StreamEvent {
  return { name: "channel", id: version, data: { version, release } };
}

/** Without an id: the one that a reader comes again with is that of the channel document. */
function toSideEvent(name: string, { version, document }: SideDocument): StreamEvent {
  return { name, data: { version, sha256: document.sha256, ...pushed(document) } };
}

/** A document that does not come along is fetched by all `readers`: each waits for a moment of its own within that time. */
function toSideNews(name: string, news: SideDocument, readers: number): StreamEvent {
  const event = toSideEvent(name, news);
  if ("document" in event.data) return event;
  return { ...event, data: { ...event.data, withinMs: Math.round((readers * 1_000) / FETCHES_A_SECOND) } };
}

function pushed({ bytes }: Document): { document?: string } {
  return bytes.length > MAX_PUSHED_BYTES ? {} : { document: new TextDecoder().decode(bytes) };
}
