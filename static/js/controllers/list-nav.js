// j and k (or the arrows) move through a list of links, Enter or o opens, x ticks the row's box.
// Items: [data-list-nav-target="item"]; the focus itself is the cursor, so swaps lose nothing.
import { Controller } from "@hotwired/stimulus"

const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }
const typing = (element) => element.closest("input, textarea, select, [contenteditable], trix-editor, dialog, [popover]")

export default class extends Controller {
  static targets = ["item"]

  connect() {
    this.press = (event) => this.pressed(event)
    document.addEventListener("keydown", this.press)
  }

  disconnect() {
    document.removeEventListener("keydown", this.press)
  }

  // A row that held the focus and was swapped away hands it to its neighbour.
  itemTargetDisconnected(item) {
    if (item !== this.last || document.activeElement !== document.body) return
    const next = this.itemTargets[Math.min(this.lastAt, this.itemTargets.length - 1)]
    next?.focus()
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    const current = document.activeElement.closest?.("[data-list-nav-target=item]")
    const isArrow = event.key.startsWith("Arrow")
    if (event.key in STEPS && (!isArrow || current)) this.focus(current, STEPS[event.key], event)
    else if (event.key === "o" && current) this.link(current)?.click()
    else if (event.key === "x" && current) current.querySelector("input[type=checkbox]")?.click()
  }

  focus(current, step, event) {
    event.preventDefault()
    const items = this.itemTargets
    const from = items.indexOf(current ?? items.find((item) => item.matches("[aria-current], [aria-selected=true]")))
    this.lastAt = Math.min(Math.max(from + step, 0), items.length - 1)
    this.last = items[this.lastAt]
    this.link(this.last)?.focus()
    this.last?.scrollIntoView({ block: "nearest" })
  }

  link(item) {
    return item?.matches("a") ? item : item?.querySelector("a")
  }
}
