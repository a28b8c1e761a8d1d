// Folds the left rail to icons and remembers it.
import { Controller } from "@hotwired/stimulus"

export default class extends Controller {
  toggle() {
    const root = document.documentElement
    const small = root.dataset.rail !== "small"
    if (small) root.dataset.rail = "small"
    else delete root.dataset.rail
    document.cookie = `rail=${small ? "small" : ""}; path=/; max-age=${small ? 31536000 : 0}; samesite=lax`
  }
}
