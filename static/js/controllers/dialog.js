// A native <dialog>: closes by its buttons, by Escape and by a click beside it.
// After an htmx request from inside that succeeded, it closes unless told to stay.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { open: Boolean, stay: Boolean }

  connect() {
    if (this.openValue) this.element.showModal()
    this.finish = (event) => {
      if (!event.detail.successful || this.stayValue) return
      if (event.detail.requestConfig.verb !== "get") this.close()
    }
    this.element.addEventListener("htmx:afterRequest", this.finish)
  }

  disconnect() {
    this.element.removeEventListener("htmx:afterRequest", this.finish)
  }

  close() {
    this.element.close()
  }

  backdrop(event) {
    if (event.target !== this.element) return
    const box = this.element.getBoundingClientRect()
    const inside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom
    if (!inside) this.close()
  }
}
