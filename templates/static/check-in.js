// The door: sends each scan in the background, keeps it while there is no connection, and reads tickets with the
// camera. The page is complete without it; every scan is then a form.
'use strict'

;(function () {
  const door = document.querySelector('[data-door]')
  if (!door || !window.fetch || !window.localStorage) return

  const retryMilliseconds = 5000
  const answerMilliseconds = 10000
  const checkingMilliseconds = 400 // an answer that is there sooner needs no announcement
  const slowMilliseconds = 3000 // then whoever stands there should go in
  const reachMilliseconds = 4000
  const longest = 100 // characters of a code: ours have 39, other people's QR codes hold whole pages
  const lookMilliseconds = 150
  const sameTicketMilliseconds = 3000
  const answeredMilliseconds = 120000 // after that another door may know better
  const countMilliseconds = 1500 // the server counts about once a second
  const countEveryMilliseconds = 10000
  const listMilliseconds = 3000
  const decoderMilliseconds = 3000
  const batch = 50
  const part = function (name) { return door.querySelector('[data-door-' + name + ']') }
  const form = part('form')
  const code = form.elements.code
  const offline = 'offline' in door.dataset // the page is a copy of this device's
  const store = 'check-in ' + door.dataset.event // not its address, which may change while scans are kept
  let sending = false
  let onTheWay = [] // the ids of the scans that are being sent
  let toldRefused = false
  let waiting // the scan that nothing has been said of yet
  let cut = false // the last sending did not arrive
  let answered = [] // what this page was told lately that it had done: with names, so never kept

  // What is kept is codes and times: no name. It outlives a reload, and is gone once the server has it.
  // A browser that keeps nothing, or has no room, still has this page's own memory.
  let memory
  function kept () {
    if (memory) return memory
    try { return JSON.parse(localStorage.getItem(store) || '[]') } catch (err) { return [] }
  }
  function keep (scans) {
    try {
      if (scans.length) localStorage.setItem(store, JSON.stringify(scans))
      else localStorage.removeItem(store)
      memory = undefined
    } catch (err) { memory = scans }
    showQueue(scans)
  }

  function newID () { // crypto.randomUUID is there in secure contexts only
    const b = crypto.getRandomValues(new Uint8Array(16))
    b[6] = (b[6] & 15) | 64
    b[8] = (b[8] & 63) | 128
    const hex = Array.from(b, function (n) { return n.toString(16).padStart(2, '0') }).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }

  function isReference (text) { return /^[0-9a-z]{4}[- ]?[0-9a-z]{4}$/i.test(text) }

  // A reference of letters alone looks like Mary-Anne: with a connection the server tells which it is.
  function isTicket (text) {
    return /^[a-z2-7]{39}$/i.test(text) || (isReference(text) && (/[0-9]/.test(text) || !navigator.onLine))
  }

  function sameCode (a, b) { return a.replace(/[- ]/g, '').toUpperCase() === b.replace(/[- ]/g, '').toUpperCase() }

  function sameScan (a, b) { return sameCode(a.code, b.code) && a.action === b.action && a.session === b.session }

  function notOurs () {
    result('refused', 'Not a ticket', 'This code is not one of ours. Look the person up by name or reference.')
  }

  function take (text) {
    if (text.length > longest) return notOurs()
    const action = form.querySelector('[name=action]:checked')
    const scan = { id: newID(), code: text, action: action ? action.value : 'in', session: form.elements.session.value, at: Date.now() }
    const before = kept().find(function (s) { return sameScan(s, scan) })
    if (before) {
      result('already', 'Scanned here already', 'It was at ' + clock(before.at) + ', and is kept until there is a connection.')
      send()
      return
    }
    const done = answered.find(function (s) { return sameScan(s, scan) && scan.at - s.at < answeredMilliseconds })
    if (done) {
      waiting = undefined
      result('already', 'Scanned here already', done.text + ': ' + (scan.action === 'out' ? 'checked out' : 'checked in') + ' here at ' + clock(done.at) + '.')
      return
    }
    keep(kept().concat(scan))
    wait(scan.id)
    send(scan.id)
  }

  // wait says what goes on while there is no answer, an earlier sending that has none included.
  function wait (id) {
    waiting = id
    function still () { return waiting === id && kept().some(function (s) { return s.id === id }) }
    setTimeout(function () { if (still()) part('result').textContent = 'Checking the ticket…' }, checkingMilliseconds)
    setTimeout(function () {
      if (still()) result('already', 'Kept on this device', 'The connection is slow. The scan is kept, and is being sent. The ticket is not checked yet.')
    }, slowMilliseconds)
  }

  // send gives the server all that is kept; latest is the scan that somebody stands at the door for.
  function send (latest) {
    const scans = kept().slice(0, batch)
    if (sending || scans.length === 0) return
    sending = true
    onTheWay = scans.map(function (s) { return s.id })
    const giveUp = new AbortController()
    const patience = setTimeout(function () { giveUp.abort() }, answerMilliseconds)
    fetch(door.dataset.door, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ scans: scans, sent: Date.now() }), signal: giveUp.signal
    }).then(function (res) {
      if (res.status === 401 || new URL(res.url).pathname.startsWith('/organise/sign-in')) throw new Error('signed out')
      if (res.status >= 400 && res.status < 500 && res.status !== 408 && res.status !== 429) throw new Error('refused') // trying again is no use
      if (!res.ok) throw new Error('busy')
      return res.json()
    }).then(function (said) {
      toldRefused = cut = false
      const ofNow = function (a) { return a.id === latest || said.answers.length === 1 }
      const ids = said.answers.map(function (a) { return a.id })
      keep(kept().filter(function (s) { return !ids.includes(s.id) }))
      said.answers.forEach(function (a) {
        const scan = scans.find(function (s) { return s.id === a.id })
        remember(scan, a)
        show(scan, a, ofNow(a))
      })
      if (!said.answers.some(ofNow) && kept().length === 0) { // what is said of the connection is so no more
        result('already', 'Kept scans are sent', 'The site has checked all that was kept on this device.' + (part('refused').hidden ? '' : ' Please look into those below.'))
      }
      count(said)
      setTimeout(recount, countMilliseconds)
    }).catch(function (err) {
      cut = err.message !== 'refused' && err.message !== 'signed out'
      if (latest === waiting) waiting = undefined
      if (err.message === 'refused') {
        if (toldRefused && !latest) return // what is tried again says it once
        toldRefused = true
        result('refused', 'This door is closed to you', 'The site does not take scans from you for this event, so the ticket is not checked. Your scans are kept on this device. Please speak to an organiser.')
        return
      }
      if (!latest) return // nobody stands at the door for what is tried again
      if (err.message === 'signed out') {
        result('already', 'You are signed out', 'Your scans are kept here. Sign in again in this browser and open this page: they are sent then.')
        offerSignIn()
        return
      }
      result('already', memory ? 'Kept on this page' : 'Kept on this device',
        (err.message === 'busy' ? 'The site cannot answer now.' : 'There is no connection.') + ' The scan is kept, and sent as soon as it can be. The ticket is not checked yet.' +
          (memory ? ' This browser keeps nothing for long: leave this page open until then.' : ''))
    }).finally(function () {
      clearTimeout(patience)
      sending = false
      onTheWay = []
      const rest = kept()
      if (rest.some(function (s) { return !scans.some(function (t) { return t.id === s.id }) })) send(rest[rest.length - 1].id) // came meanwhile
    })
  }

  // remember what was done, which the next scan of the same ticket at the same door would only do again. Whoever goes the other way since then may
  // come back, so what was said of their code before counts no more.
  function remember (scan, answer) {
    answered = answered.filter(function (s) { return !sameCode(s.code, scan.code) && Date.now() - s.at < answeredMilliseconds })
    if (!answer.class) answered.push({ code: scan.code, action: scan.action, session: scan.session, at: scan.at, text: answer.text })
  }

  function show (scan, answer, now) {
    if (now) {
      result(answer.class, answer.heading, answer.text)
      if (answer.badge) offerBadge(answer.badge)
      if (answer.visit && !answer.class) offerUndo(answer.visit)
      if (answer.give) offerForm(door.dataset.give, answer.give, 'Give a place and check in', answer.give.name)
    }
    if (!now && answer.class === 'refused') { // somebody was let in on a ticket that is no good
      const li = document.createElement('li')
      li.textContent = scanWords(scan) + ': ' + answer.heading + '. ' + answer.text
      part('refused').querySelector('ul').append(li)
      part('refused').hidden = false
    }
  }

  function result (kind, heading, text) {
    const box = document.createElement('div')
    box.className = 'app-result' + (kind ? ' app-result--' + kind : '')
    const h = document.createElement('p')
    h.className = 'app-result__heading'
    h.textContent = heading
    const p = document.createElement('p')
    p.textContent = text
    box.append(h, p)
    part('result').replaceChildren(box)
    if (navigator.vibrate) navigator.vibrate(kind === 'refused' ? [200, 100, 200] : 80)
  }

  // offerUndo adds the form that the list of last entries has for each.
  function offerUndo (visit) {
    const action = form.querySelector('[name=action]:checked')
    offerForm(door.dataset.undo, { visit: visit, action: action ? action.value : 'in', session: form.elements.session.value }, 'Undo', '')
  }

  // offerForm adds a button that sends hidden values; of whom it is about screen readers are told.
  function offerForm (action, values, words, name) {
    const offer = document.createElement('form')
    offer.method = 'post'
    offer.action = action
    Object.keys(values).forEach(function (name) {
      const field = document.createElement('input')
      field.type = 'hidden'
      field.name = name
      field.value = values[name]
      offer.append(field)
    })
    const button = document.createElement('button')
    button.className = 'nhsuk-button nhsuk-button--secondary'
    button.textContent = words
    if (name) {
      const whom = document.createElement('span')
      whom.className = 'nhsuk-u-visually-hidden'
      whom.textContent = ' ' + name
      button.append(whom)
    }
    offer.append(button)
    part('result').firstChild.append(offer)
  }

  function offerBadge (address) {
    const p = document.createElement('p')
    const link = document.createElement('a')
    link.href = address
    link.textContent = 'Print this badge'
    p.append(link)
    part('result').firstChild.append(p)
  }

  // The door's own address leads to the sign-in and back.
  function offerSignIn () {
    const p = document.createElement('p')
    const link = document.createElement('a')
    link.href = address()
    link.addEventListener('click', function () { link.href = address() }) // the door may have been set otherwise since
    link.textContent = 'Sign in'
    p.append(link)
    part('result').firstChild.append(p)
  }

  function count (said) {
    ['inside', 'came', 'expected'].forEach(function (name) { part(name).textContent = said[name] })
  }

  // The last entries, those of other doors too, are as the page has them: it is asked for again once the numbers are others than those of the
  // list, at most every few seconds, and not while somebody is at one of its buttons.
  const last = document.querySelector('[data-door-last]')
  let listed = numbers()
  let listedAt = 0
  function numbers () { return part('inside').textContent + ' ' + part('came').textContent }
  function relist () {
    if (!last || numbers() === listed || Date.now() - listedAt < listMilliseconds || last.contains(document.activeElement)) return
    const of = numbers()
    listedAt = Date.now()
    fetch(address(), { cache: 'no-store' }).then(function (res) { return res.ok ? res.text() : '' }).then(function (page) {
      const fresh = new DOMParser().parseFromString(page, 'text/html').querySelector('[data-door-last]')
      if (!fresh || last.contains(document.activeElement)) return
      last.replaceChildren.apply(last, Array.from(fresh.childNodes))
      listed = of
    }).catch(function () {}) // the next time will do
  }

  function countAddress () { return door.dataset.count + '?session=' + encodeURIComponent(form.elements.session.value) }

  // Other doors are at work too.
  function recount () {
    if (document.hidden) return
    fetch(countAddress())
      .then(function (res) { return res.ok ? res.json().then(count).then(relist) : undefined }).catch(function () {}) // the next time will do
  }

  // As the site writes times, whatever the phone's own way is.
  function clock (time) {
    const hours = new Date(time).getHours()
    const minutes = new Date(time).getMinutes()
    if (minutes === 0 && hours % 12 === 0) return hours ? 'midday' : 'midnight'
    return (hours % 12 || 12) + (minutes ? ':' + String(minutes).padStart(2, '0') : '') + (hours < 12 ? 'am' : 'pm')
  }

  // A reference is told in full, since somebody may have mistyped it; tickets differ at their ends.
  function codeWords (text) { return text.length > 20 ? 'Ticket ending ' + text.slice(-4) : text }

  function scanWords (s) { return codeWords(s.code) + (s.action === 'out' ? ', out' : ', in') + ' at ' + clock(s.at) }

  function showQueue (scans) {
    const n = scans.length
    const list = part('kept').querySelector('ul')
    const ids = scans.map(function (s) { return s.id }).join(' ')
    if (ids === list.dataset.ids) return // whoever is at one of its buttons stays there
    list.dataset.ids = ids
    const inside = part('kept').contains(document.activeElement)
    part('kept').hidden = n === 0
    part('queue').textContent = n === 1 ? '1 scan is kept on this device and not sent yet' : n + ' scans are kept on this device and not sent yet'
    const rows = scans.map(function (s) {
      const words = scanWords(s)
      const row = document.createElement('li')
      row.className = 'app-people__item'
      const what = document.createElement('div')
      what.textContent = words
      const button = document.createElement('button')
      button.className = 'nhsuk-button nhsuk-button--secondary'
      button.type = 'button'
      button.textContent = 'Remove'
      const which = document.createElement('span')
      which.className = 'nhsuk-u-visually-hidden'
      which.textContent = ': ' + words
      button.append(which)
      button.addEventListener('click', function () { drop(s, words) })
      row.append(what, button)
      return row
    })
    list.replaceChildren.apply(list, rows)
    if (inside) (n ? part('kept').querySelector('summary') : code).focus()
  }

  // One that is on its way may have arrived.
  function drop (scan, words) {
    if (onTheWay.includes(scan.id)) {
      result('already', 'Being sent', 'This scan is on its way and may have arrived. Wait for the answer, and undo it then.')
      return
    }
    if (!window.confirm('Remove this scan (' + words + ')? It is not sent then.')) return
    keep(kept().filter(function (s) { return s.id !== scan.id }))
    result('already', 'Removed', 'The scan (' + words + ') is not sent.')
    code.focus()
  }

  // A name needs the server's list, so it goes the long way; a ticket or a reference does not.
  form.addEventListener('submit', function (event) {
    const text = code.value.trim()
    if (text.length > longest) {
      event.preventDefault()
      event.stopPropagation()
      code.value = ''
      notOurs()
      return
    }
    if (!isTicket(text)) {
      return // as every other form, below
    }
    event.preventDefault()
    event.stopPropagation()
    code.value = ''
    code.focus()
    take(text)
  }, true)

  // A page that does not come would take the door's place, and Wi-Fi without internet counts as a connection: so the site is asked first.
  let leaving = false
  function reach (go, otherwise) {
    if (leaving) return
    leaving = true
    const giveUp = new AbortController()
    const patience = setTimeout(function () { giveUp.abort() }, reachMilliseconds)
    const slow = setTimeout(function () { part('result').textContent = 'Asking the site…' }, checkingMilliseconds)
    fetch(countAddress(), { cache: 'no-store', signal: giveUp.signal }).then(function (res) {
      clearTimeout(slow)
      if (res.status !== 429 && res.status < 500) go()
      else otherwise('The site is busy', 'Nothing was looked up or changed. Please try again in a moment. Tickets and references are kept until then.')
    }, function () {
      clearTimeout(slow)
      otherwise('There is no connection', 'Names cannot be looked up and nothing can be undone now. Scan the ticket, or type the reference in the email.')
    }).finally(function () {
      clearTimeout(patience)
      leaving = false
    })
  }

  door.closest('main').addEventListener('submit', function (event) {
    const sent = event.target
    if (event.defaultPrevented || sent.method !== 'post') return
    event.preventDefault()
    event.stopPropagation()
    const text = sent === form ? code.value.trim() : ''
    reach(function () { sent.submit() }, function (heading, words) {
      if (!isReference(text)) return result('already', heading, words)
      code.value = '' // a reference of letters alone, or a name that looks like one: the server will tell
      take(text)
    })
  })

  // Without a connection the page would not come back.
  window.addEventListener('beforeunload', function (event) {
    if (kept().length && (cut || !navigator.onLine)) event.preventDefault()
  })

  part('seen').addEventListener('click', function () {
    part('refused').hidden = true
    part('refused').querySelector('ul').replaceChildren()
    code.focus()
  })

  // The camera. The decoder is a quarter of a megabyte, so it comes after the page.
  const video = part('view').querySelector('video')
  const canvas = document.createElement('canvas')
  const button = part('camera')
  const seen = { text: '', at: 0 }
  let stream, timer

  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
    button.hidden = false
    window.addEventListener('load', function () { setTimeout(function () { decoder().catch(function () {}) }, decoderMilliseconds) }) // there when the connection is not; else the button asks again
  }
  button.addEventListener('click', function () { stream ? stop() : start() })

  function start () {
    button.setAttribute('aria-disabled', 'true')
    Promise.all([decoder(), navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })]).then(function (got) {
      stream = got[1]
      video.srcObject = stream
      part('view').hidden = false
      button.textContent = 'Stop the camera'
      return video.play()
    }).then(look).catch(function () {
      stop()
      result('already', 'The camera cannot be used', 'This browser did not open it. You can go on with a scanner, or type the reference or the name.')
    }).finally(function () { button.removeAttribute('aria-disabled') })
  }

  function decoder () {
    if (window.jsQR) return Promise.resolve()
    return new Promise(function (resolve, reject) {
      const script = document.createElement('script')
      script.src = door.dataset.scanner
      script.onload = resolve
      script.onerror = reject
      document.head.append(script)
    })
  }

  function look () {
    if (!stream) return
    if (video.videoWidth > 0) {
      canvas.width = video.videoWidth
      canvas.height = video.videoHeight
      const pen = canvas.getContext('2d', { willReadFrequently: true })
      pen.drawImage(video, 0, 0)
      const frame = pen.getImageData(0, 0, canvas.width, canvas.height)
      const found = window.jsQR(frame.data, frame.width, frame.height, { inversionAttempts: 'dontInvert' })
      if (found && found.data) read(found.data)
    }
    timer = setTimeout(look, lookMilliseconds)
  }

  // A ticket in front of the camera is read many times a second: it counts again when it has been away.
  function read (text) {
    const again = text === seen.text && Date.now() - seen.at < sameTicketMilliseconds
    seen.text = text
    seen.at = Date.now()
    if (!again) take(text)
  }

  function stop () {
    clearTimeout(timer)
    if (stream) stream.getTracks().forEach(function (track) { track.stop() })
    stream = undefined
    part('view').hidden = true
    button.textContent = 'Scan with the camera'
  }

  // The page as it is without anybody's name stays on this device, with its files: a phone that has thrown it away gets it back without a
  // connection. Signing in or out clears it (site.js).
  function keepPage () {
    const page = door.dataset.page
    const files = Array.from(document.querySelectorAll('link[rel=stylesheet], link[rel=icon], script[src]')).map(function (e) { return e.href || e.src })
      .concat(new URL(door.dataset.scanner, location).href)
    navigator.serviceWorker.register(door.dataset.worker, { scope: page }).then(function () { return navigator.serviceWorker.ready }).then(function () { return caches.open('door') }).then(function (shelf) {
      // In turn: a connection that breaks off meanwhile leaves a copy that still has its files.
      return Promise.all(files.map(function (file) { return shelf.match(file, { ignoreVary: true }).then(function (copy) { return copy || shelf.add(file) }) })).then(function () {
        return fetch(page + '/offline')
      }).then(function (res) {
        if (!res.ok || res.redirected) throw new Error('no copy') // the sign-in, say
        return shelf.put(page + '/offline', res)
      }).then(function () { return shelf.keys() }).then(function (old) { // files of an earlier version
        return Promise.all(old.filter(function (r) { return new URL(r.url).pathname.startsWith('/assets/') && !files.includes(r.url) })
          .map(function (r) { return shelf.delete(r, { ignoreVary: true }) }))
      })
    }).then(function () { door.dataset.kept = 'yes' }).catch(function () {}) // the next time will do; the page works without
  }
  if (!offline && navigator.serviceWorker && window.caches) window.addEventListener('load', keepPage)

  // What a door is set to do is in its address, so that it is still set so when the phone has thrown the page away: somebody who leaves must not be
  // let in.
  function address () {
    const setting = new URLSearchParams()
    if (form.elements.action.value === 'out') setting.set('action', 'out')
    if (form.elements.session.value) setting.set('session', form.elements.session.value)
    return door.dataset.page + (setting.toString() ? '?' + setting : '')
  }
  function tellSetting () {
    const out = form.elements.action.value === 'out'
    part('do').textContent = out ? 'Check out' : 'Check in'
    part('way').textContent = 'This door: people ' + (out ? 'leave' : 'come in') + (form.elements.session.value ? ', at one session' : '')
  }
  form.addEventListener('change', function (event) {
    if (event.target === code) return
    tellSetting()
    history.replaceState(null, '', address())
  })

  // The copy is of no particular setting.
  if (offline) {
    const setting = new URLSearchParams(location.search)
    form.elements.action.value = setting.get('action') === 'out' ? 'out' : 'in'
    form.elements.session.value = setting.get('session') || ''
    if (form.elements.session.selectedIndex < 0) form.elements.session.value = ''
    part('way').closest('details').open = address() !== door.dataset.page
  }
  tellSetting() // a browser that goes back sets a form as it was left

  window.addEventListener('pagehide', stop)
  window.addEventListener('pageshow', function (event) { if (event.persisted) answered = [] }) // some of it may be undone since
  window.addEventListener('online', function () { send() })
  setInterval(send, retryMilliseconds)
  setInterval(recount, countEveryMilliseconds)
  keep(kept())
  send()
})()
