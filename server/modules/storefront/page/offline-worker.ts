// Keeps the page's own files: without a server the page is the one that was there last. Whatever else is asked for goes its way.

/** By the build: the page and what it loads. */
declare const FILES: readonly string[];

type Extendable = { waitUntil(work: Promise<unknown>): void };
type Asked = { request: Request; respondWith(answer: Promise<Response>): void };
type Scope = {
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Asked) => void): void;
  skipWaiting(): Promise<void>;
};

/** A build of other files has another cache. */
const PREFIX = "haggle-files ";
const CACHE = PREFIX + FILES.join(" ");
const PAGE = "/";
/** A server that has not answered by then is treated as one that does not. */
const ANSWER_MS = 4_000;

const scope = globalThis as unknown as Scope;

scope.addEventListener("install", (event) => {
  event.waitUntil(install());
});
scope.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers());
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(openPage(request));
  else if (FILES.includes(pathname) && pathname !== PAGE) event.respondWith(openFile(request));
});

async function install(): Promise<void> {
  await (await caches.open(CACHE)).addAll([...FILES]);
  await scope.skipWaiting();
}

async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The server's while it answers: it may have another page by now. */
async function openPage(request: Request): Promise<Response> {
  const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  if (answer?.ok) return answer;
  return (await caches.match(PAGE)) ?? answer ?? Response.error();
}

/** A file never changes: its name has the digest of what is in it. */
async function openFile(request: Request): Promise<Response> {
  return (await caches.match(new URL(request.url).pathname)) ?? fetch(request);
}
