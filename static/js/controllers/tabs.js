// Tabs within a page: one panel at a time, arrows move.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["tab", "panel"]

  connect() {
    const chosen = this.tabTargets.find((tab) => tab.getAttribute("aria-selected") === "true")
    this.show(chosen ?? this.tabTargets[0])
  }

  choose({ currentTarget }) {
    this.show(currentTarget)
  }

  move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const at = this.tabTargets.indexOf(event.currentTarget)
    const next = this.tabTargets.at((at + step) % this.tabTargets.length)
    this.show(next)
    next.focus()
  }

  show(chosen) {
    for (const tab of this.tabTargets) {
      tab.setAttribute("aria-selected", String(tab === chosen))
      tab.tabIndex = tab === chosen ? 0 : -1
    }
    for (const panel of this.panelTargets) panel.hidden = panel.id !== chosen?.getAttribute("aria-controls")
  }
}
