// A thin line over the page while htmx loads something that changes the address.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    this.begin = ({ target }) => {
      if (!target.closest("[hx-push-url], [hx-boost]") || this.line) return
      this.line = Object.assign(document.createElement("div"), { className: "load-line" })
      document.body.append(this.line)
    }
    this.end = () => {
      this.line?.remove()
      this.line = null
    }
    document.addEventListener("htmx:beforeRequest", this.begin)
    document.addEventListener("htmx:afterRequest", this.end)
  }

  disconnect() {
    document.removeEventListener("htmx:beforeRequest", this.begin)
    document.removeEventListener("htmx:afterRequest", this.end)
    this.end()
  }
}
