// Hides the questions that do not apply with the answers given so far. Without it all are there, and each says when it applies;
// the server drops what was answered to one that does not.
'use strict'

;(function () {
  const box = document.querySelector('[data-questions]')
  const said = box && box.querySelector('[data-questions-said]')
  const conditional = box ? Array.from(box.querySelectorAll('[data-shown-if]')) : []
  if (!conditional.length) return

  function answered (name, answer) {
    return Array.from(box.querySelectorAll('[name="' + CSS.escape(name) + '"]')).some(function (field) {
      if (field.closest('[data-question]').hidden) return false
      const counts = field.type === 'radio' || field.type === 'checkbox' ? field.checked : true
      return counts && field.value === answer
    })
  }

  // In the order of the page: what a question depends on comes before it.
  function update () {
    let shown = 0
    let hidden = 0
    conditional.forEach(function (part) {
      const hide = !answered(part.dataset.shownIf, part.dataset.shownAnswer)
      if (hide !== part.hidden) {
        if (hide) hidden++
        else shown++
      }
      part.hidden = hide
    })
    return { shown, hidden }
  }

  function announce (change) {
    if (change.shown) said.textContent = change.shown === 1 ? 'One more question is shown below.' : change.shown + ' more questions are shown below.'
    else if (change.hidden) said.textContent = change.hidden === 1 ? 'One question is not asked any more.' : change.hidden + ' questions are not asked any more.'
  }

  box.addEventListener('change', function () { announce(update()) })
  // Back shows the answers that were there, which browsers put in after this script has run.
  window.addEventListener('pageshow', update)
  update()
})()
