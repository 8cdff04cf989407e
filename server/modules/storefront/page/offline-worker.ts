// Keeps the page's own files: without a server the page is the one that was there last. Whatever else is asked for goes its way.

/** By the build: the page and what it loads, and a digest of the page, which has one name for ever. */
declare const FILES: readonly string[];
declare const PAGE_DIGEST: string;

type Extendable = { waitUntil(work: Promise<unknown>): void };
type Asked = { request: Request; respondWith(answer: Promise<Response>): void };
type Scope = {
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Asked) => void): void;
  skipWaiting(): Promise<void>;
  registration: { unregister(): Promise<boolean> };
};

/** A build of another page or other files has another cache. */
const PREFIX = "haggle-files ";
const CACHE = [PREFIX.trim(), PAGE_DIGEST, ...FILES].join(" ");
const PAGE = "/";
/** A server that has not answered by then is treated as one that does not. */
const ANSWER_MS = 4_000;
/** A server that is there, and has no such page any more. */
const GONE: readonly number[] = [404, 410];
const FAILED = 500;

const scope = globalThis as unknown as Scope;

scope.addEventListener("install", (event) => {
  event.waitUntil(install());
});
scope.addEventListener("activate", (event) => {
  event.waitUntil(dropAllBut(CACHE));
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

async function dropAllBut(kept?: string): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== kept);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/**
 * The server's while it answers: it may have another page by now, or send to one elsewhere. The kept one only where nothing comes or
 * the server has failed. An answer that is late is not broken off, since without a kept page it is the only one.
 */
async function openPage(request: Request): Promise<Response> {
  const asked = fetch(request);
  const answer = await Promise.race([asked.catch(() => undefined), waitForAnswer()]);
  if (answer !== undefined && GONE.includes(answer.status)) await takeOff();
  if (answer !== undefined && answer.status < FAILED) return answer;
  return (await findKept(PAGE)) ?? asked;
}

/** A file never changes: its name has the digest of what is in it. */
async function openFile(request: Request): Promise<Response> {
  return (await findKept(new URL(request.url).pathname)) ?? fetch(request);
}

/** In this build's cache alone: others of the origin may have a page by the same name. */
async function findKept(path: string): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(path);
}

function waitForAnswer(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ANSWER_MS));
}

/** The shop has taken its page away: nobody shall have it from here. */
async function takeOff(): Promise<void> {
  await scope.registration.unregister();
  await dropAllBut();
}
