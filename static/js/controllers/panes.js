// Which of several panes a narrow window shows, and which row of the list is open beside it.
// The server's answer fills #reader; this only turns towards it.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    this.swapped = (event) => event.detail.target.id === "reader" && this.opened(event.detail.requestConfig?.elt)
    this.changed = (event) => ["archive", "unarchive", "unread"].includes(event.detail.verb) && this.show("list")
    this.typed = (event) => this.keyed(event)
    document.body.addEventListener("htmx:afterSwap", this.swapped)
    document.body.addEventListener("mailhub:changed", this.changed)
    this.element.addEventListener("keydown", this.typed)
    this.toNewest()
  }

  disconnect() {
    document.body.removeEventListener("htmx:afterSwap", this.swapped)
    document.body.removeEventListener("mailhub:changed", this.changed)
    this.element.removeEventListener("keydown", this.typed)
  }

  opened(asker) {
    this.show("reader")
    if (asker?.closest("#thread-list")) this.toNewest()
    for (const row of this.element.querySelectorAll("[aria-current][data-list-nav-target]")) row.removeAttribute("aria-current")
    const link = [...this.element.querySelectorAll("[data-list-nav-target] a")].find((one) => one.pathname === window.location.pathname)
    link?.closest("[data-list-nav-target]").setAttribute("aria-current", "true")
  }

  // In the composer: Ctrl+Enter sends, Escape goes back to the list, and what was typed stays.
  keyed(event) {
    if (!event.target.matches("textarea")) return
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") event.target.form.requestSubmit()
    else if (event.key === "Escape") (this.current?.querySelector("a") ?? this.element.querySelector("#reader")).focus()
  }

  get current() {
    return this.element.querySelector("[aria-current][data-list-nav-target]")
  }

  // One comes for the newest letter; what was read before stands folded above it.
  toNewest() {
    const reader = this.element.querySelector("#reader")
    reader.scrollTop = 0
    const newest = reader.querySelector("#letters > :last-child")
    if (newest && newest !== newest.parentElement.firstElementChild) newest.scrollIntoView({ block: "nearest" })
  }

  list(event) {
    const isNarrow = !this.element.querySelector("#thread-list").checkVisibility()
    if (!isNarrow || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.show("list")
  }

  places() {
    this.show(this.element.dataset.pane === "places" ? "list" : "places")
  }

  show(name) {
    this.element.dataset.pane = name
  }
}
