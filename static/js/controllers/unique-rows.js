// A list in which each row stands once: of two with the same id the first, newer one stays.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    this.watcher = new MutationObserver(() => this.prune())
    this.watcher.observe(this.element, { childList: true })
  }

  disconnect() {
    this.watcher.disconnect()
  }

  prune() {
    const seen = new Set()
    for (const row of [...this.element.children]) {
      if (row.id && seen.has(row.id)) row.remove()
      seen.add(row.id)
    }
  }
}
