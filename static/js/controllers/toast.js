// A note that leaves by itself, unless it is an error or offers an action; it waits while looked at.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { stay: Boolean }

  connect() {
    this.leave = () => this.start()
    this.enter = () => clearTimeout(this.timer)
    this.element.addEventListener("pointerenter", this.enter)
    this.element.addEventListener("pointerleave", this.leave)
    this.answered = ({ detail }) => detail.successful && this.dismiss()
    this.element.addEventListener("htmx:afterRequest", this.answered)
    this.start()
  }

  disconnect() {
    clearTimeout(this.timer)
    this.element.removeEventListener("pointerenter", this.enter)
    this.element.removeEventListener("pointerleave", this.leave)
    this.element.removeEventListener("htmx:afterRequest", this.answered)
  }

  start() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.dismiss(), this.stayValue ? 12000 : 5000)
  }

  dismiss() {
    this.element.dataset.state = "leaving"
    setTimeout(() => this.element.remove(), 200)
  }
}
