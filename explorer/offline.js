// Lets the page be loaded again without a network: what was fetched is kept, and given where there is no answer.
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  event.respondWith((async () => {
    const kept = await caches.open("explorer");
    try {
      const response = await fetch(request);
      if (response.ok) await kept.put(request, response.clone());
      return response;
    } catch (error) {
      return await kept.match(request) ?? Promise.reject(error);
    }
  })());
});
