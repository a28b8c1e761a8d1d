// Checkboxes of a table: all, shift-click ranges, and the bar that rises with the count.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["all", "row"]

  connect() {
    this.clear = (event) => {
      if (!event.target.closest("[data-bulk-clear]")) return
      for (const row of this.rowTargets) row.checked = false
      this.show()
    }
    document.addEventListener("click", this.clear)
    this.show()
  }

  disconnect() {
    document.removeEventListener("click", this.clear)
  }

  rowTargetConnected() {
    this.show()
  }

  rowTargetDisconnected() {
    this.show()
  }

  toggleAll() {
    for (const row of this.rowTargets) row.checked = this.allTarget.checked
    this.show()
  }

  toggle(event) {
    const rows = this.rowTargets
    const start = this.last ?? rows.find((row) => row.checked && row !== event.target)
    const [from, to] = [rows.indexOf(start), rows.indexOf(event.target)].sort((a, b) => a - b)
    if (event.shiftKey && from >= 0) {
      for (const row of rows.slice(from, to + 1)) row.checked = event.target.checked
    }
    this.last = event.target
    this.show()
  }

  show() {
    const count = this.rowTargets.filter((row) => row.checked).length
    if (this.hasAllTarget) {
      this.allTarget.checked = count > 0 && count === this.rowTargets.length
      this.allTarget.indeterminate = count > 0 && count < this.rowTargets.length
    }
    const bar = this.rowTargets[0]?.form ?? document.querySelector("[data-bulk-bar]")
    if (!bar) return
    bar.hidden = count === 0
    bar.querySelector("[data-bulk-count]").textContent = count
  }
}
