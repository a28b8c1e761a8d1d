// A form that knows whether it is saved: marks the state, and warns before unsaved work is left.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { label: { type: String, default: "save-state" } }

  connect() {
    this.changed = () => this.mark("dirty", "Not saved yet")
    this.asked = () => this.mark("saving", "Saving…")
    // A refusal is swapped in as well, so to htmx it is no failure.
    this.answered = ({ detail: { xhr } }) => (xhr.status && xhr.status < 400 ? this.mark("saved", "Saved just now") : this.mark("failed", "Not saved"))
    this.submitted = () => (this.leaving = true)
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
    window[verb]("beforeunload", this.warn)
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
