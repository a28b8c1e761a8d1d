// Shows the panels that belong to the chosen value of a select, radio or checkbox inside.
// <div data-disclosure-target="panel" data-when="custom">
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["source", "panel"]

  connect() {
    this.show = () => this.update()
    this.element.addEventListener("change", this.show)
    this.update()
  }

  disconnect() {
    this.element.removeEventListener("change", this.show)
  }

  update() {
    const values = this.sourceTargets.filter((s) => s.matches("select") || s.checked).map((s) => s.value)
    for (const panel of this.panelTargets) {
      const hidden = !panel.dataset.when.split(" ").some((value) => values.includes(value))
      panel.hidden = hidden
      if (panel.matches("fieldset")) panel.disabled = hidden
    }
  }
}
