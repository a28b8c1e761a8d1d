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

  // A row that held the focus and was swapped hands it to its successor, else to its neighbour.
  itemTargetDisconnected(item) {
    if (item !== this.last || document.activeElement !== document.body) return
    const items = this.itemTargets
    this.last = items.find((one) => one.id === item.id) ?? items[Math.min(this.lastAt, items.length - 1)]
    this.link(this.last)?.focus()
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
    // Where the last one was taken out of the list, its neighbours have moved up.
    const to = from < 0 && this.lastAt >= 0 ? this.lastAt + Math.min(step, 0) : from + step
    this.lastAt = Math.min(Math.max(to, 0), items.length - 1)
    this.last = items[this.lastAt]
    this.link(this.last)?.focus()
    this.last?.scrollIntoView({ block: "nearest" })
  }

  link(item) {
    return item?.matches("a") ? item : item?.querySelector("a")
  }
}
