// A button that copies what stands in a field. Without it the field is there to copy from.
'use strict'

;(function () {
  document.querySelectorAll('[data-copy]').forEach(function (part) {
    const field = document.getElementById(part.dataset.copy)
    const said = part.querySelector('[data-copy-said]')
    part.hidden = false

    function tell (copied) {
      said.textContent = copied ? 'Copied' : 'Your browser does not let us copy it. The link is selected: copy it with Ctrl and C.'
    }

    // Browsers have a clipboard for pages on https alone; selecting works everywhere.
    function bySelection () {
      field.focus()
      field.select()
      let copied = false
      try { copied = document.execCommand('copy') } catch (e) { copied = false }
      tell(copied)
    }

    part.querySelector('button').addEventListener('click', function () {
      said.textContent = ''
      if (!navigator.clipboard) return bySelection()
      navigator.clipboard.writeText(field.value).then(function () { tell(true) }, bySelection)
    })
  })
})()
