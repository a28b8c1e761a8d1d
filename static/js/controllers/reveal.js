// A row that scrolls sideways shows its current item, also when the window gets narrower.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    this.sized = new ResizeObserver(() => this.reveal())
    this.sized.observe(this.element)
  }

  disconnect() {
    this.sized.disconnect()
  }

  reveal() {
    const row = this.element
    const item = row.querySelector("[aria-current]")
    if (item) row.scrollLeft = item.offsetLeft - (row.clientWidth - item.offsetWidth) / 2
  }
}
