// While an employer is typed, shows what looks like it below its name. Without this script the same
// check is made when the form is sent.
//
// <form data-duplicates="/address" data-duplicates-name="FIELD">: the address gets the name, trading
// name, number and postcode typed so far and answers {"results": [{"text", "hint", "href"}]}.
const DELAY = 350
const SHORTEST = 3

class Duplicates {
  constructor(form) {
    this.form = form
    this.name = form.elements[form.dataset.duplicatesName]
    this.build()
    const fields = [this.name, ...['trading_name', 'company_number', 'postcode'].map((name) => form.elements[name])]
    for (const field of fields) {
      if (field) field.addEventListener('input', () => this.later())
    }
  }

  build() {
    this.box = document.createElement('div')
    this.box.className = 'app-duplicates'
    this.box.hidden = true
    const title = document.createElement('p')
    title.className = 'app-duplicates__title'
    title.textContent = 'This looks like'
    this.list = document.createElement('ul')
    this.box.append(title, this.list)
    this.status = document.createElement('div')
    this.status.className = 'govuk-visually-hidden'
    this.status.setAttribute('role', 'status')
    this.name.after(this.box, this.status)
  }

  later() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.ask(), DELAY)
  }

  value(name) {
    const field = this.form.elements[name]
    return field ? field.value.trim() : ''
  }

  async ask() {
    if (this.request) this.request.abort()
    const typed = this.name.value.trim()
    if (typed.length < SHORTEST && !this.value('company_number')) return this.show([])
    this.request = new AbortController()
    const url = new URL(this.form.dataset.duplicates, window.location.href)
    url.searchParams.set('name', typed)
    for (const name of ['trading_name', 'company_number', 'postcode']) {
      const value = this.value(name)
      if (value) url.searchParams.set(name, value)
    }
    try {
      const answer = await fetch(url, {
        headers: { Accept: 'application/json' },
        signal: this.request.signal,
        credentials: 'same-origin'
      })
      this.show(answer.ok ? (await answer.json()).results || [] : [])
    } catch (error) {
      if (error.name !== 'AbortError') this.show([])
    }
  }

  show(results) {
    this.list.replaceChildren(...results.map((result) => this.item(result)))
    this.box.hidden = results.length === 0
    const count = results.length
    this.status.textContent = count ? `${count} possible ${count === 1 ? 'duplicate' : 'duplicates'}` : ''
  }

  item(result) {
    const item = document.createElement('li')
    const link = document.createElement('a')
    link.className = 'govuk-link'
    link.href = result.href
    link.textContent = result.text
    const hint = document.createElement('span')
    hint.className = 'app-duplicates__hint'
    hint.textContent = result.hint
    item.append(link, hint)
    return item
  }
}

export function startDuplicates() {
  for (const form of document.querySelectorAll('form[data-duplicates]')) new Duplicates(form)
}
