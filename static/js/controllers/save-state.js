// A form that knows whether it is saved: marks the state, and warns before unsaved work is left.
// One that saves itself as one types is saved at once when another form of the page is sent.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { label: { type: String, default: "save-state" } }

  connect() {
    this.changed = () => this.mark("dirty", "Not saved yet")
    this.asked = () => this.mark("saving", "Saving…")
    // A refusal is swapped in as well, so to htmx it is no failure.
    this.answered = ({ detail: { xhr } }) => (xhr.status && xhr.status < 400 ? this.mark("saved", "Saved just now") : this.mark("failed", "Not saved"))
    this.submitted = () => (this.leaving = true)
    this.hold = (event) => this.saveFirst(event)
    this.warn = (event) => this.state === "dirty" && !this.leaving && event.preventDefault()
    this.listen("addEventListener")
  }

  disconnect() {
    this.listen("removeEventListener")
  }

  listen(verb) {
    this.element[verb]("input", this.changed)
    this.element[verb]("htmx:beforeRequest", this.asked)
    this.element[verb]("htmx:afterRequest", this.answered)
    this.element[verb]("submit", this.submitted)
    document[verb]("submit", this.hold, true)
    window[verb]("beforeunload", this.warn)
  }

  saveFirst(event) {
    const savesItself = this.element.getAttribute("hx-trigger")?.includes("input")
    const isPending = this.state === "dirty" || this.state === "saving"
    const { target, submitter } = event
    if (!savesItself || !isPending || target.matches("[data-controller~=save-state]")) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const then = ({ detail }) => {
      if (!detail.xhr.status) return // given up for a newer one
      this.element.removeEventListener("htmx:afterRequest", then)
      if (detail.successful) target.requestSubmit(submitter)
    }
    this.element.addEventListener("htmx:afterRequest", then)
    if (this.state === "dirty") this.element.requestSubmit()
  }

  mark(state, words) {
    this.state = state
    if (state === "dirty") this.leaving = false
    const label = document.getElementById(this.labelValue)
    if (!label) return
    label.dataset.state = state
    label.lastElementChild.textContent = words
  }
}
