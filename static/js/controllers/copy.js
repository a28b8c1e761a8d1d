// Copies the text of its source and says so on the button.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["source"]

  async copy({ currentTarget }) {
    const source = this.sourceTarget
    await navigator.clipboard.writeText(source.value ?? source.textContent)
    const use = currentTarget.querySelector("use")
    const href = use.getAttribute("href")
    use.setAttribute("href", href.replace(/#.*/, "#check"))
    currentTarget.setAttribute("aria-label", "Copied")
    setTimeout(() => {
      use.setAttribute("href", href)
      currentTarget.setAttribute("aria-label", "Copy")
    }, 1500)
  }
}
