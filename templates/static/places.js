// Keeps what is left of an event's places, and the one thing to do, up to date while the page is looked
// at. The page is complete without it; the words, links and badges are those that the server would render.
'use strict'

;(function () {
  const box = document.querySelector('[data-live]')
  if (!box || !window.EventSource) return

  const comeBackMilliseconds = 30000
  const settleMilliseconds = 1000
  const speakEveryMilliseconds = 20000
  const find = function (name) { return box.querySelector('[data-live-' + name + ']') }
  const lines = Array.from(box.querySelectorAll('[data-live-place]'))
  let source, later

  function open () {
    if (source || document.hidden) return
    clearTimeout(later)
    const stream = source = new EventSource(box.dataset.live)
    stream.addEventListener('places', function (event) { show(JSON.parse(event.data)) })
    stream.addEventListener('error', function () {
      // The browser itself takes up a stream that broke, but not one that was refused.
      if (stream !== source || stream.readyState !== EventSource.CLOSED) return
      close()
      later = setTimeout(open, comeBackMilliseconds * (1 + Math.random()))
    })
  }

  function close () {
    clearTimeout(later)
    if (source) source.close()
    source = undefined
  }

  function show (now) {
    now.places.forEach(showPlace)
    if (find('list')) find('list').hidden = now.places.length === 0
    document.querySelectorAll('[data-live-action]').forEach(function (part) {
      const link = part.querySelector('a')
      part.hidden = !now.action.href
      if (now.action.href) link.href = now.action.href
      write(link, now.action.text)
    })
    if (find('note')) write(find('note'), now.action.note)
    if (now.registration === 'closed') close()
  }

  function showPlace (place) {
    const line = lines.find(function (l) { return l.dataset.livePlace === place.id })
    const model = find('badge="' + place.state + '"')
    if (!line || !model || words(line) === place.words) return
    const badge = model.content.firstElementChild.cloneNode(true)
    badge.append(place.words)
    line.querySelector('.app-places').replaceWith(badge)
    announce()
  }

  function words (line) { return line.querySelector('.app-places').textContent.trim() }

  function write (element, text) {
    if (element.textContent !== text) element.textContent = text
  }

  // A screen reader is told now and then, and only of what has changed since.
  const heard = new Map(lines.map(function (line) { return [line, words(line)] }))
  let spoke = 0
  let speaking

  function announce () {
    if (speaking) return
    speaking = setTimeout(speak, Math.max(settleMilliseconds, spoke + speakEveryMilliseconds - Date.now()))
  }

  function speak () {
    speaking = undefined
    const changed = lines.filter(function (line) { return heard.get(line) !== words(line) })
    if (changed.length === 0) return
    spoke = Date.now()
    changed.forEach(function (line) { heard.set(line, words(line)) })
    write(find('said'), changed.map(function (line) { return line.querySelector('strong').textContent + ': ' + words(line) }).join('. '))
  }

  // Nobody looks at a page that is hidden, and an open stream keeps a browser from going back to a page as it was.
  document.addEventListener('visibilitychange', function () { document.hidden ? close() : open() })
  window.addEventListener('pagehide', close)
  window.addEventListener('pageshow', open) // also the first time, once the page has loaded
})()
