// Shows a password, and says how strong a new one is (length and variety; the server decides).
import { Controller } from "@hotwired/stimulus"

const WORDS = ["Too short", "Weak", "Fair", "Good", "Strong"]

export default class extends Controller {
  static targets = ["input", "toggle", "strength", "meter", "words"]

  toggle() {
    const shown = this.inputTarget.type === "password"
    this.inputTarget.type = shown ? "text" : "password"
    this.toggleTarget.setAttribute("aria-pressed", String(shown))
    this.toggleTarget.setAttribute("aria-label", shown ? "Hide password" : "Show password")
    const use = this.toggleTarget.querySelector("use")
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, shown ? "#eye-off" : "#eye"))
  }

  measure() {
    const text = this.inputTarget.value
    const level = this.level(text)
    this.strengthTarget.hidden = text === ""
    this.meterTarget.value = level
    this.wordsTarget.textContent = level === 0 ? `${12 - text.length} more to go` : WORDS[level]
  }

  level(text) {
    if (text.length < 12) return 0
    const variety = new Set(text).size
    if (variety < 6) return 1
    if (text.length < 15 && variety < 10) return 2
    return text.length < 18 ? 3 : 4
  }
}
