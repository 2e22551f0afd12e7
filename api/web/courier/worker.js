/**
 * Keeps the courier's page on the phone: it opens without a network, as it was last seen with one.
 *
 * Files of the page and the map of the city only. What the service says of routes and persons is
 * never kept here.
 */

const CACHE = "dispatch-courier-1";
const SHELL = "/courier";
const MAP = "/v1/city/map";
const PATIENCE_MS = 2_500;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add(SHELL)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidied().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  const urls = event.data?.files;
  if (Array.isArray(urls)) event.waitUntil(kept(urls));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === SHELL) {
    event.respondWith(newest(SHELL));
  } else if (url.pathname.startsWith("/assets/") || url.pathname === MAP) {
    event.respondWith(newest(event.request));
  }
});

/** Takes out what an older worker kept. */
async function tidied() {
  for (const name of await caches.keys()) {
    if (name.startsWith("dispatch-courier-") && name !== CACHE) await caches.delete(name);
  }
}

/** Keeps the files that a page names; one that cannot be had is left out. */
async function kept(urls) {
  const cache = await caches.open(CACHE);
  await Promise.allSettled(urls.map((url) => cache.add(new URL(url, self.location.origin))));
}

/** Answers a file as the service has it now, or, where that takes too long, as it was kept. */
async function newest(request) {
  const cache = await caches.open(CACHE);
  const before = await cache.match(request, { ignoreVary: true });
  const now = fetch(request).then(async (answer) => {
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  });
  if (!before) return now;
  const late = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS);
  });
  return (await Promise.race([now.catch(() => null), late])) ?? before;
}
