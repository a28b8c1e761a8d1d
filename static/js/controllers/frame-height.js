// The frame of a mail cannot tell its height; the server guessed one for each width.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { wide: Number, narrow: Number }

  connect() {
    this.sized = new ResizeObserver(() => this.fit())
    this.sized.observe(this.element)
  }

  disconnect() {
    this.sized.disconnect()
  }

  fit() {
    const height = this.element.clientWidth < 480 ? this.narrowValue : this.wideValue
    if (Number(this.element.height) !== height) this.element.height = height
  }
}
