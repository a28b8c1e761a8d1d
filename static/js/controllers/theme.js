// Light, dark, or as the system says; kept in a cookie so that the server draws it at once.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  static targets = ["button"]

  choose({ params: { name }, currentTarget }) {
    const root = document.documentElement
    if (name) root.dataset.theme = name
    else delete root.dataset.theme
    document.cookie = `theme=${name}; path=/; max-age=${name ? 31536000 : 0}; samesite=lax`
    for (const button of this.buttonTargets) button.setAttribute("aria-pressed", String(button === currentTarget))
  }
}
