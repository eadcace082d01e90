// Four small helps. Every page works without them.
'use strict'

// The error summary has autofocus. Old browsers do not know it there, and the others ignore it when
// the address has a fragment, as after following a link of the summary and sending the form again.
const summary = document.querySelector('.nhsuk-error-summary')
if (summary && (location.hash || !('autofocus' in summary))) {
  window.addEventListener('load', function () { summary.focus() })
}

// A second click on a button must not send the form again. The button is not disabled
// (its value would not be sent), and works again after a while, for forms that download.
const guardMilliseconds = 5000

function release (form) {
  delete form.dataset.sent
  form.querySelectorAll('[type=submit]').forEach(function (b) { b.removeAttribute('aria-disabled') })
}

document.addEventListener('submit', function (event) {
  const form = event.target
  if (form.method !== 'post') return
  if (form.dataset.sent) {
    event.preventDefault()
    return
  }
  form.dataset.sent = 'yes'
  if (event.submitter) event.submitter.setAttribute('aria-disabled', 'true')
  setTimeout(release, guardMilliseconds, form)
})

// Back shows the page as it was left.
window.addEventListener('pageshow', function (event) {
  if (event.persisted) document.querySelectorAll('form').forEach(release)
})

// What is called a button answers to Space, as every button does; of a link a browser takes only Enter.
document.addEventListener('keydown', function (event) {
  const link = event.target
  if (event.key !== ' ' || !link.matches('a[role=button][href]')) return
  event.preventDefault() // or the page scrolls
  link.click()
})

// Whoever signs in or out leaves no copy of the door's page behind.
if (window.caches && location.pathname.startsWith('/organise/sign-in')) caches.delete('door').catch(function () {}) // a browser that keeps nothing has none
