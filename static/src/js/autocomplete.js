// Suggestions under a search box (ARIA combobox with a listbox popup). Without this script the box
// is a plain field whose form leads to a page of results.
//
// <div class="app-autocomplete" data-autocomplete="/search.json">: the address gets ?q=… and answers
// {"results": [{"value", "text", "hint"?, "href"?}]}. A result with an href is followed; else its
// text goes into the box and its value into the hidden field named by data-autocomplete-value.
const DELAY = 150
const SHORTEST = 2

class Autocomplete {
  constructor(root) {
    this.root = root
    this.input = root.querySelector('input[type="text"], input[type="search"]')
    this.address = root.dataset.autocomplete
    this.hidden = root.dataset.autocompleteValue
      ? this.input.form.elements[root.dataset.autocompleteValue]
      : null
    this.results = []
    this.active = -1
    this.build()
    this.listen()
  }

  build() {
    const id = `${this.input.id}-suggestions`
    this.list = document.createElement('ul')
    this.list.id = id
    this.list.className = 'app-autocomplete__list'
    this.list.hidden = true
    this.list.setAttribute('role', 'listbox')
    const label = document.querySelector(`label[for="${this.input.id}"]`)
    this.list.setAttribute('aria-label', label ? label.textContent.trim() : 'Suggestions')
    this.status = document.createElement('div')
    this.status.className = 'govuk-visually-hidden'
    this.status.setAttribute('role', 'status')
    this.root.append(this.list, this.status)
    const traits = { role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': id, autocomplete: 'off' }
    for (const [name, value] of Object.entries(traits)) this.input.setAttribute(name, value)
  }

  listen() {
    this.input.addEventListener('input', () => {
      if (this.hidden) this.hidden.value = ''
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.search(), DELAY)
    })
    this.input.addEventListener('keydown', (event) => this.key(event))
    this.input.addEventListener('blur', () => setTimeout(() => this.close(), 150))
    this.list.addEventListener('mousedown', (event) => event.preventDefault())
    this.list.addEventListener('click', (event) => {
      const option = event.target.closest('[role="option"]')
      if (option) this.choose(Number(option.dataset.index))
    })
  }

  async search() {
    const query = this.input.value.trim()
    if (this.request) this.request.abort()
    if (query.length < SHORTEST) return this.close()
    this.request = new AbortController()
    const url = new URL(this.address, window.location.href)
    url.searchParams.set('q', query)
    try {
      const answer = await fetch(url, {
        headers: { Accept: 'application/json' },
        signal: this.request.signal,
        credentials: 'same-origin'
      })
      if (!answer.ok) return this.close()
      this.show((await answer.json()).results || [])
    } catch (error) {
      if (error.name !== 'AbortError') this.close()
    }
  }

  show(results) {
    this.results = results
    this.active = -1
    this.list.replaceChildren(...results.map((result, index) => this.option(result, index)))
    const open = results.length > 0
    this.list.hidden = !open
    this.input.setAttribute('aria-expanded', String(open))
    this.input.removeAttribute('aria-activedescendant')
    this.status.textContent = open
      ? `${results.length} ${results.length === 1 ? 'suggestion' : 'suggestions'}. Use the up and down arrows.`
      : 'No suggestions'
  }

  option(result, index) {
    const item = document.createElement('li')
    item.id = `${this.list.id}-${index}`
    item.className = 'app-autocomplete__option'
    item.dataset.index = String(index)
    item.setAttribute('role', 'option')
    item.setAttribute('aria-selected', 'false')
    item.append(result.text)
    if (result.hint) {
      const hint = document.createElement('span')
      hint.className = 'app-autocomplete__hint'
      hint.textContent = result.hint
      item.append(hint)
    }
    return item
  }

  key(event) {
    if (event.key === 'Escape') {
      // Suggestions still on their way are not wanted any more either.
      clearTimeout(this.timer)
      if (this.request) this.request.abort()
      if (!this.list.hidden) event.preventDefault()
      return this.close()
    }
    if (this.list.hidden) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      const count = this.results.length
      this.highlight(this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count)
    } else if (event.key === 'Enter' && this.active >= 0) {
      event.preventDefault()
      this.choose(this.active)
    }
  }

  highlight(index) {
    this.active = index
    for (const item of this.list.children) {
      const chosen = Number(item.dataset.index) === index
      item.setAttribute('aria-selected', String(chosen))
      if (chosen) {
        this.input.setAttribute('aria-activedescendant', item.id)
        item.scrollIntoView({ block: 'nearest' })
      }
    }
  }

  choose(index) {
    const result = this.results[index]
    this.close()
    if (result.href) {
      window.location.assign(result.href)
      return
    }
    this.input.value = result.text
    if (this.hidden) this.hidden.value = result.value
    this.input.dispatchEvent(new Event('change', { bubbles: true }))
  }

  close() {
    this.list.hidden = true
    this.active = -1
    this.input.setAttribute('aria-expanded', 'false')
    this.input.removeAttribute('aria-activedescendant')
  }
}

export function startAutocompletes() {
  for (const root of document.querySelectorAll('[data-autocomplete]')) new Autocomplete(root)
}
