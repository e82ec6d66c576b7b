// Saves a form while it is filled in. <form data-autosave="/address">: each change posts the whole
// form there with the header X-Autosave: 1. Saves are sent one after the other, never side by side,
// so an older copy cannot overtake a newer one.
//
// Answers: 2xx, optionally {"message"?, "revision"?: {field: value}} (written into the form's fields
// of those names); 409 {"message", "reload"}: someone else changed it; other: try again on the next change.
const DELAY = 600

class Autosave {
  constructor(form) {
    this.form = form
    this.address = form.dataset.autosave
    this.status = form.querySelector('[data-autosave-status]') || this.addStatus()
    this.dirty = false
    this.busy = false
    this.stopped = false
    form.addEventListener('change', () => this.later(0))
    form.addEventListener('input', () => this.later(DELAY))
    form.addEventListener('submit', () => this.stop())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden' && this.dirty) this.save(true)
    })
  }

  addStatus() {
    const status = document.createElement('p')
    status.className = 'app-saved'
    status.setAttribute('role', 'status')
    this.form.append(status)
    return status
  }

  stop() {
    this.stopped = true
    clearTimeout(this.timer)
  }

  later(delay) {
    if (this.stopped) return
    this.dirty = true
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.save(), delay)
  }

  async save(leaving = false) {
    if (this.stopped || this.busy || !this.dirty) return
    this.busy = true
    this.dirty = false
    try {
      const answer = await fetch(this.address, {
        method: 'POST',
        body: new URLSearchParams([...new FormData(this.form)].filter(([, value]) => typeof value === 'string')),
        headers: { 'X-Autosave': '1', Accept: 'application/json' },
        credentials: 'same-origin',
        keepalive: leaving
      })
      const body = await answer.json().catch(() => ({}))
      this.answered(answer, body)
    } catch {
      this.failed()
    } finally {
      this.busy = false
      if (this.dirty && !this.stopped && !this.waiting) this.save()
    }
  }

  answered(answer, body) {
    if (answer.status === 409) {
      this.stop()
      this.conflict(body)
    } else if (answer.ok) {
      this.waiting = false
      for (const [name, value] of Object.entries(body.revision || {})) {
        const field = this.form.elements[name]
        if (field && 'value' in field) field.value = value
      }
      this.say(body.message || 'Saved', false)
    } else {
      this.failed()
    }
  }

  failed() {
    this.dirty = true
    this.waiting = true
    this.say('Not saved yet. We will try again; your answers are still on this page.', true)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => { this.waiting = false; this.save() }, 5000)
  }

  say(text, isError) {
    this.status.classList.toggle('app-saved--error', isError)
    this.status.textContent = text
  }

  conflict(body) {
    this.say('', false)
    const banner = document.createElement('div')
    banner.className = 'govuk-notification-banner'
    banner.setAttribute('role', 'alert')
    banner.setAttribute('tabindex', '-1')
    banner.setAttribute('aria-labelledby', 'autosave-conflict-title')
    const header = document.createElement('div')
    header.className = 'govuk-notification-banner__header'
    const title = document.createElement('h2')
    title.className = 'govuk-notification-banner__title'
    title.id = 'autosave-conflict-title'
    title.textContent = 'Changed elsewhere'
    header.append(title)
    const content = document.createElement('div')
    content.className = 'govuk-notification-banner__content'
    const text = document.createElement('p')
    text.className = 'govuk-notification-banner__heading'
    text.textContent = body.message || 'Someone else changed these answers while you were here.'
    const link = document.createElement('a')
    link.className = 'govuk-notification-banner__link'
    link.href = new URL(body.reload || window.location.href, window.location.href).href
    link.textContent = 'See the latest answers'
    const line = document.createElement('p')
    line.className = 'govuk-body'
    line.append(link)
    content.append(text, line)
    banner.append(header, content)
    this.form.before(banner)
    banner.focus()
  }
}

export function startAutosave() {
  for (const form of document.querySelectorAll('form[data-autosave]')) new Autosave(form)
}
