// What is typed here stays: an answer that was asked for before does not replace it.
// The element that asks is named by a selector.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { asker: String }

  connect() {
    this.asked = (event) => {
      if (event.target.matches(this.askerValue)) this.isTyped = false
    }
    this.typed = () => (this.isTyped = true)
    this.answered = (event) => {
      if (event.target === this.element && this.isTyped) event.detail.shouldSwap = false
    }
    document.addEventListener("htmx:beforeRequest", this.asked)
    this.element.addEventListener("input", this.typed)
    this.element.addEventListener("htmx:beforeSwap", this.answered)
  }

  disconnect() {
    document.removeEventListener("htmx:beforeRequest", this.asked)
    this.element.removeEventListener("input", this.typed)
    this.element.removeEventListener("htmx:beforeSwap", this.answered)
  }
}
