// A row that scrolls sideways starts where its current item is seen.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    const row = this.element
    const item = row.querySelector("[aria-current]")
    if (!item || row.scrollWidth <= row.clientWidth) return
    row.scrollLeft = item.offsetLeft - row.offsetLeft - (row.clientWidth - item.offsetWidth) / 2
  }
}
