// Places a popover menu beside its button and moves through it with the arrow keys.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["button", "panel"]
  static values = { align: { type: String, default: "end" } }

  connect() {
    // The browser gives the focus back for a menu, but not for one that was opened from a menu.
    this.opening = (event) => event.newState === "open" && (this.opener = document.activeElement)
    this.toggled = (event) => {
      this.place(event.newState === "open")
      const at = document.activeElement
      if (event.newState === "closed" && (at === document.body || this.panelTarget.contains(at))) this.opener?.focus()
    }
    this.keys = (event) => this.move(event)
    this.panelTarget.addEventListener("beforetoggle", this.opening)
    this.panelTarget.addEventListener("toggle", this.toggled)
    this.panelTarget.addEventListener("keydown", this.keys)
  }

  disconnect() {
    this.panelTarget.removeEventListener("beforetoggle", this.opening)
    this.panelTarget.removeEventListener("toggle", this.toggled)
    this.panelTarget.removeEventListener("keydown", this.keys)
  }

  place(isOpen) {
    this.buttonTarget.setAttribute("aria-expanded", String(isOpen))
    const panel = this.panelTarget
    if (!isOpen) return delete panel.dataset.placed
    panel.dataset.placed = ""
    const box = this.buttonTarget.getBoundingClientRect()
    const { offsetWidth: width, offsetHeight: height } = panel
    const start = this.alignValue === "end" ? box.right - width : box.left
    const below = box.bottom + 4
    const top = below + height > innerHeight - 8 ? Math.max(8, box.top - height - 4) : below
    panel.style.setProperty("--menu-left", `${Math.min(Math.max(8, start), innerWidth - width - 8)}px`)
    panel.style.setProperty("--menu-top", `${top}px`)
    this.items[0]?.focus({ preventScroll: true })
  }

  move(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 }
    const items = this.items
    const at = items.indexOf(document.activeElement)
    if (event.key in steps) items.at((at + steps[event.key]) % items.length)?.focus()
    else if (event.key === "Home") items[0]?.focus()
    else if (event.key === "End") items.at(-1)?.focus()
    else return
    event.preventDefault()
  }

  get items() {
    return [...this.panelTarget.querySelectorAll("a, button")].filter((item) => !item.disabled)
  }
}
