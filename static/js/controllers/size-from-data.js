// The one place where a size that comes from data becomes style: data-size="42" (percent).
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static values = { percent: Number, axis: { type: String, default: "inline" } }

  percentValueChanged() {
    const property = this.axisValue === "block" ? "block-size" : "inline-size"
    this.element.style.setProperty(property, `${Math.min(Math.max(this.percentValue, 0), 100)}%`)
  }
}
