// Rows that are dragged into a new order; posts the order by the form around them.
// Items: [data-sortable-item]; handle: [data-sortable-handle]; Alt+arrows move with the keyboard.
import { Controller } from "@hotwired/stimulus"
import { loadSortable } from "app/sortable"

export default class extends Controller {
  async connect() {
    this.press = (event) => this.moved(event)
    this.element.addEventListener("keydown", this.press)
    const Sortable = await loadSortable()
    if (!this.element.isConnected) return
    this.sortable = Sortable.create(this.element, {
      draggable: "[data-sortable-item]",
      handle: "[data-sortable-handle]",
      animation: 120,
      onEnd: () => this.save(),
    })
  }

  disconnect() {
    this.element.removeEventListener("keydown", this.press)
    this.sortable?.destroy()
  }

  moved(event) {
    const item = event.target.closest("[data-sortable-item]")
    if (!item || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return
    event.preventDefault()
    const other = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling
    if (!other?.matches("[data-sortable-item]")) return
    event.key === "ArrowUp" ? other.before(item) : other.after(item)
    event.target.focus()
    this.save()
  }

  save() {
    this.element.closest("form")?.requestSubmit()
  }
}
