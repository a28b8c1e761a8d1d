// The command palette: asks the server while typing, moves with the arrows, goes with Enter.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["input", "results"]

  connect() {
    this.opened = () => {
      this.inputTarget.value = ""
      this.inputTarget.focus()
      this.inputTarget.dispatchEvent(new CustomEvent("palette:opened"))
    }
    this.swapped = () => this.select(0)
    this.element.addEventListener("dialog:opened", this.opened)
    this.resultsTarget.addEventListener("htmx:afterSwap", this.swapped)
  }

  disconnect() {
    this.element.removeEventListener("dialog:opened", this.opened)
    this.resultsTarget.removeEventListener("htmx:afterSwap", this.swapped)
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    this.select((this.at + step + this.items.length) % this.items.length)
  }

  go(event) {
    event.preventDefault()
    this.items[this.at]?.click()
  }

  select(at) {
    for (const [index, item] of this.items.entries()) item.setAttribute("aria-selected", String(index === at))
    const chosen = this.items[at]
    chosen?.scrollIntoView({ block: "nearest" })
    if (chosen) this.inputTarget.setAttribute("aria-activedescendant", chosen.id)
    else this.inputTarget.removeAttribute("aria-activedescendant")
  }

  get items() {
    return [...this.resultsTarget.querySelectorAll("[role=option]")]
  }

  get at() {
    return this.items.findIndex((item) => item.getAttribute("aria-selected") === "true")
  }
}
