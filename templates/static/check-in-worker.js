// The door's page for a phone that has thrown the page away while there is no connection: check-in.js puts a copy without anybody's
// name on the shelf, with the files that it needs.
'use strict'

const shelf = 'door'
const patienceMilliseconds = 4000

function onShelf (address) {
  return caches.open(shelf).then(function (kept) { return kept.match(address, { ignoreVary: true, ignoreSearch: true }) })
}

// A connection that leads nowhere is one that takes too long. Without a copy there is nothing to do but wait for it.
function page (request, path) {
  const online = fetch(request)
  const late = new Promise(function (resolve, reject) { setTimeout(reject, patienceMilliseconds) })
  return Promise.race([online, late]).catch(function () {
    return onShelf(path + '/offline').then(function (copy) { return copy || online })
  })
}

self.addEventListener('install', function () { self.skipWaiting() })
self.addEventListener('activate', function (event) { event.waitUntil(self.clients.claim()) })

self.addEventListener('fetch', function (event) {
  const request = event.request
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (url.pathname.endsWith('/check-in')) event.respondWith(page(request, url.pathname))
  } else if (url.pathname.startsWith('/assets/')) { // never changes under its address
    event.respondWith(onShelf(request).then(function (copy) { return copy || fetch(request) }))
  }
})
