// Takes the focus when it appears (the error summary); its links lead to the fields.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  connect() {
    this.element.focus({ preventScroll: false })
    this.follow = (event) => {
      const link = event.target.closest("a[href^='#']")
      const field = link && document.getElementById(link.hash.slice(1))
      if (!field) return
      event.preventDefault()
      field.scrollIntoView({ block: "center" })
      field.focus()
    }
    this.element.addEventListener("click", this.follow)
  }

  disconnect() {
    this.element.removeEventListener("click", this.follow)
  }
}
