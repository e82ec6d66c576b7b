// Swaps in a part of a page when it is ready. <div data-poll="/address">: the address is asked every
// two seconds; 202 or 204 means not yet, 200 carries the HTML that replaces the element's content
// (and ends the asking unless that HTML carries data-poll-again). Without this script the page says
// how to refresh.
const EVERY = 2000
const LONGEST = 10 * 60 * 1000

function poll(element) {
  const started = Date.now()
  element.setAttribute('aria-live', 'polite')
  const again = () => {
    if (Date.now() - started < LONGEST) setTimeout(ask, EVERY)
  }
  async function ask() {
    if (document.visibilityState === 'hidden') return again()
    try {
      const answer = await fetch(element.dataset.poll, {
        headers: { 'X-Poll': '1', Accept: 'text/html' },
        credentials: 'same-origin'
      })
      if (answer.status !== 200 || answer.redirected) return again()
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      element.replaceChildren(...page.body.childNodes)
      if (element.querySelector('[data-poll-again]')) again()
    } catch {
      again()
    }
  }
  setTimeout(ask, EVERY)
}

export function startPolling() {
  for (const element of document.querySelectorAll('[data-poll]')) poll(element)
}
