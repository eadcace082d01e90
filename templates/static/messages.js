// A message on its way to many: counts how far it has come, so that nobody has to load the page again.
'use strict'

;(function () {
  const box = document.querySelector('[data-progress]')
  if (!box || !window.fetch) return

  const everyMilliseconds = 2000
  const patience = 30 // counts in a row that failed, or found nothing new
  const words = box.querySelector('[data-progress-words]')
  const bar = box.querySelector('progress')
  let left = patience

  function count () {
    fetch(box.dataset.progress, { headers: { Accept: 'application/json' }, redirect: 'error' }).then(function (res) {
      if (!res.ok) throw new Error('no answer')
      return res.json()
    }).then(function (now) {
      if (words.textContent !== now.words) {
        words.textContent = now.words
        left = patience
      }
      if (bar) bar.value = now.sent
      again(now.done)
    }).catch(function () { again(false) })
  }

  function again (done) {
    left--
    if (!done && left > 0) setTimeout(count, everyMilliseconds)
  }

  setTimeout(count, everyMilliseconds)
})()
