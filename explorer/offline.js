// Lets the page be loaded without a network: all its files are kept, and given where there is no answer.
const FILES = ["./"]; // the build lists the others here
const NAME = "explorer"; // and names the cache by their digest

addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((kept) => kept.addAll(FILES)).then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const old = async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("explorer") && name !== NAME);
    await Promise.all(names.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(old());
});
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  event.respondWith((async () => {
    const kept = await caches.open(NAME);
    try {
      const response = await fetch(request);
      if (response.ok) await kept.put(request, response.clone());
      return response;
    } catch (error) {
      return await kept.match(request, { ignoreSearch: true }) ?? Promise.reject(error);
    }
  })());
});
