// Submits its form when a field changes (filters), text after a pause.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { delay: { type: Number, default: 300 } }

  connect() {
    this.later = (event) => this.submit(event.type === "input" ? this.delayValue : 0)
    this.element.addEventListener("input", this.later)
    this.element.addEventListener("change", this.later)
  }

  disconnect() {
    clearTimeout(this.timer)
    this.element.removeEventListener("input", this.later)
    this.element.removeEventListener("change", this.later)
  }

  submit(delay) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.element.requestSubmit(), delay)
  }
}
