/* The service worker. It keeps static files alone, never anything that somebody wrote, and shows an honest page when
   there is no network. What a push says it asks the server for: the push itself is empty. */
"use strict";

const KEPT = "gensvar-static-1";
const OFFLINE = "/utan-nat/";
const FIRST = [OFFLINE, "/static/css/tokens.css", "/static/css/base.css", "/static/css/components.css", "/static/css/pages.css", "/static/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FIRST)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

const fresh = async (request) => {
  const cache = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
};
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(fresh(request));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
});

self.addEventListener("push", (event) => {
  const show = async () => {
    const said = await fetch("/push/ord/", { credentials: "same-origin" })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : null)).catch(() => null);
    const { title, url } = said ?? { title: "Något väntar i Inkorgen", url: "/" };
    await self.registration.showNotification(title, { tag: "gensvar", icon: "/static/icon-192.png", data: url });
  };
  event.waitUntil(show());
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data ?? "/"));
});
