// Rows that are dragged into a new order; posts the order by a form: the one around them, or the
// one named by the value "form" (then each item holds a field of that form).
// Items: [data-sortable-item]; handle: [data-sortable-handle]; Alt+arrows move with the keyboard.
// A field [data-sortable-moved] of the form learns which item was moved.
import { Controller } from "@hotwired/stimulus"
import { loadSortable } from "app/sortable"

export default class extends Controller {
  static values = { form: String }

  async connect() {
    this.press = (event) => this.moved(event)
    this.element.addEventListener("keydown", this.press)
    const Sortable = await loadSortable()
    if (!this.element.isConnected) return
    this.sortable = Sortable.create(this.element, {
      draggable: "[data-sortable-item]",
      handle: "[data-sortable-handle]",
      ghostClass: "step--ghost",
      animation: 120,
      onEnd: (event) => event.oldDraggableIndex !== event.newDraggableIndex && this.save(event.item),
    })
  }

  disconnect() {
    this.element.removeEventListener("keydown", this.press)
    this.sortable?.destroy()
  }

  moved(event) {
    const item = event.target.closest("[data-sortable-item]")
    if (!item || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return
    if (!event.target.matches("[data-sortable-handle]") && event.target.closest("input, textarea, select, [contenteditable]")) return
    event.preventDefault()
    const items = [...this.element.querySelectorAll("[data-sortable-item]")]
    const other = items[items.indexOf(item) + (event.key === "ArrowUp" ? -1 : 1)]
    if (!other) return
    event.key === "ArrowUp" ? other.before(item) : other.after(item)
    event.target.focus()
    this.save(item)
  }

  save(item) {
    const form = this.hasFormValue ? document.getElementById(this.formValue) : this.element.closest("form")
    const told = form?.querySelector("[data-sortable-moved]")
    if (told) told.value = item.dataset.sortableItem
    form?.requestSubmit()
  }
}
