// A textarea as high as its text, where field-sizing is not supported.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    if (CSS.supports("field-sizing", "content")) return
    this.fit = () => {
      this.element.style.height = "auto"
      this.element.style.height = `${this.element.scrollHeight}px`
    }
    this.element.addEventListener("input", this.fit)
    this.fit()
  }

  disconnect() {
    if (this.fit) this.element.removeEventListener("input", this.fit)
  }
}
