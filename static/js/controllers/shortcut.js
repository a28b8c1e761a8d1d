// Keys of the whole application: Ctrl/Cmd+K and "/" search, "g" then a letter goes to a menu entry,
// "?" shows the list, and elements with data-hotkey are pressed by their key.
import { Controller } from "@hotwired/stimulus"

const typing = (element) => element.closest("input, textarea, select, [contenteditable], trix-editor")

export default class extends Controller {
  connect() {
    this.press = (event) => this.pressed(event)
    document.addEventListener("keydown", this.press)
  }

  disconnect() {
    document.removeEventListener("keydown", this.press)
  }

  pressed(event) {
    if (event.defaultPrevented || event.altKey) return
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return this.open(event)
    if (event.ctrlKey || event.metaKey || typing(event.target)) return
    if (document.querySelector("dialog[open]") || localStorage.getItem("shortcuts") === "off") return
    const key = this.pending && Date.now() - this.pending < 1000 ? `g ${event.key}` : event.key
    this.pending = key === "g" ? Date.now() : 0
    const target = this.visible(`[data-hotkey="${CSS.escape(key)}"]`)
    if (target) {
      event.preventDefault()
      return target.matches("input, textarea, trix-editor") ? target.focus() : target.click()
    }
    if (key === "/") this.open(event)
    else if (key === "?") this.open(event, "shortcuts")
  }

  visible(selector) {
    return [...document.querySelectorAll(selector)].find((element) => element.checkVisibility())
  }

  open(event, id = "palette") {
    const dialog = document.getElementById(id)
    if (!dialog) return
    event.preventDefault()
    if (dialog.open) return dialog.close()
    dialog.showModal()
    dialog.dispatchEvent(new CustomEvent("dialog:opened"))
  }
}
