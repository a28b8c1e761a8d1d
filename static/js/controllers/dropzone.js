// A file field that takes drops, shows the file's name and the progress of the htmx upload.
import { Controller } from "@hotwired/stimulus"

const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)

export default class extends Controller {
  static targets = ["input", "name", "progress"]

  connect() {
    this.form = this.inputTarget.form
    this.sent = ({ detail }) => {
      if (!detail.lengthComputable) return
      this.progressTarget.hidden = false
      this.progressTarget.value = (100 * detail.loaded) / detail.total
    }
    this.form?.addEventListener("htmx:xhr:progress", this.sent)
  }

  disconnect() {
    this.form?.removeEventListener("htmx:xhr:progress", this.sent)
  }

  over(event) {
    event.preventDefault()
    this.element.dataset.state = "over"
  }

  leave() {
    delete this.element.dataset.state
  }

  drop(event) {
    event.preventDefault()
    this.leave()
    if (!event.dataTransfer.files.length) return
    this.inputTarget.files = event.dataTransfer.files
    this.inputTarget.dispatchEvent(new Event("change", { bubbles: true }))
  }

  show() {
    const files = [...this.inputTarget.files]
    if (files.length) this.nameTarget.textContent = files.map((f) => `${f.name} (${size(f.size)})`).join(", ")
  }
}
