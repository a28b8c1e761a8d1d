// A select of time zones starts with the browser's own, unless somebody chose already.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    if (this.element.querySelector("option[selected]:not([value=UTC])")) return
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    if ([...this.element.options].some((option) => option.value === zone)) this.element.value = zone
  }
}
