// A form that knows whether it is saved: marks the state, and warns before unsaved work is left.
// One that saves itself as one types is saved at once when another form of the page is sent.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { label: { type: String, default: "save-state" }, of: String }

  connect() {
    this.changed = () => this.mark("dirty", "Not saved yet")
    this.asked = ({ target }) => this.isMine(target) && this.mark("saving", "Saving…")
    this.answered = ({ target, detail }) => this.isMine(target) && this.settle(detail.xhr.status)
    this.cutOff = ({ target }) => this.isMine(target) && (this.next = null)
    this.submitted = () => (this.leaving = true)
    this.hold = (event) => this.saveFirst(event)
    this.warn = (event) => this.isUnsaved && !this.leaving && event.preventDefault()
    this.listen("addEventListener")
  }

  disconnect() {
    this.listen("removeEventListener")
  }

  listen(verb) {
    this.element[verb]("input", this.changed)
    this.element[verb]("htmx:beforeRequest", this.asked)
    this.element[verb]("htmx:afterRequest", this.answered)
    this.element[verb]("htmx:sendError", this.cutOff)
    this.element[verb]("htmx:timeout", this.cutOff)
    this.element[verb]("submit", this.submitted)
    document[verb]("submit", this.hold, true)
    window[verb]("beforeunload", this.warn)
  }

  // Events of links inside the form rise up to it as well.
  isMine(target) {
    return target === this.element
  }

  get isUnsaved() {
    return this.state !== undefined && this.state !== "saved"
  }

  saveFirst(event) {
    const savesItself = this.element.getAttribute("hx-trigger")?.includes("input")
    const { target, submitter } = event
    if (!savesItself || !this.isUnsaved || target.matches("[data-controller~=save-state]")) return
    if (this.isRemovedBy(target)) {
      this.leaving = true
      return
    }
    event.preventDefault()
    event.stopImmediatePropagation()
    this.next = () => target.requestSubmit(submitter)
    if (this.state !== "saving") this.element.requestSubmit()
  }

  // What goes away anyway need not be saved, and may be beyond saving.
  isRemovedBy(form) {
    return this.hasOfValue && form.dataset.removes === this.ofValue
  }

  // A refusal is swapped in as well, so to htmx it is no failure. Without a status the request was
  // given up, mostly for a newer one.
  settle(status) {
    const saved = status > 0 && status < 400
    if (saved && this.state === "dirty") {
      if (this.next) this.element.requestSubmit() // one typed on meanwhile
      return
    }
    this.mark(saved ? "saved" : "failed", saved ? "Saved just now" : "Not saved")
    if (!status) return
    const { next } = this
    this.next = null
    if (saved) next?.()
  }

  mark(state, words) {
    this.state = state
    if (state === "dirty" || state === "failed") this.leaving = false
    const label = document.getElementById(this.labelValue)
    if (!label) return
    label.dataset.state = state
    label.lastElementChild.textContent = words
  }
}
