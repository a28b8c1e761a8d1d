// Keeps an htmx poll ("poll-visible:tick") quiet while the tab is hidden.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { every: { type: Number, default: 15 } }

  connect() {
    this.timer = setInterval(() => this.tick(), this.everyValue * 1000)
    this.shown = () => this.tick()
    document.addEventListener("visibilitychange", this.shown)
  }

  disconnect() {
    clearInterval(this.timer)
    document.removeEventListener("visibilitychange", this.shown)
  }

  tick() {
    if (!document.hidden) this.dispatch("tick", { bubbles: false })
  }
}
