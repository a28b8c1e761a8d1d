// Switches the single-key shortcuts off and on; Ctrl/Cmd+K stays.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["box"]

  connect() {
    this.boxTarget.checked = localStorage.getItem("shortcuts") !== "off"
  }

  change() {
    localStorage.setItem("shortcuts", this.boxTarget.checked ? "on" : "off")
  }
}
