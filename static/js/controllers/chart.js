// Draws the figures of the table below it as lines; drawn anew when the colours change.
import { Controller } from "@hotwired/stimulus"
import { dayLabel, lineOptions, loadPlot } from "app/plot"

export default class extends Controller {
  static targets = ["plot", "table"]

  async connect() {
    const Plot = await loadPlot()
    this.rows = [...this.tableTarget.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))
    this.names = [...this.tableTarget.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent)
    if (!this.element.isConnected || this.plot || !this.rows.length) return
    this.draw = () => this.render(Plot)
    this.sized = new ResizeObserver(() => this.plot?.setSize(this.size))
    this.scheme = matchMedia("(prefers-color-scheme: dark)")
    this.scheme.addEventListener("change", this.draw)
    this.theme = new MutationObserver(this.draw)
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] })
    this.draw()
    this.element.dataset.drawn = ""
    this.sized.observe(this.plotTarget)
  }

  disconnect() {
    this.sized?.disconnect()
    this.theme?.disconnect()
    this.scheme?.removeEventListener("change", this.draw)
    this.plot?.destroy()
    this.plot = null
  }

  render(Plot) {
    this.plot?.destroy()
    const { size, names } = this
    const days = this.rows.map((row) => row[0])
    const lines = names.map((_, at) => this.rows.map((row) => Number(row[at + 1].replaceAll(",", ""))))
    const options = lineOptions(this.plotTarget, { size, days, names, onMove: (index) => this.tell(index) })
    this.plot = new Plot(options, [days.map((_, index) => index), ...lines], this.plotTarget)
  }

  get size() {
    return { width: this.plotTarget.clientWidth, height: 220 }
  }

  tell(index) {
    this.tip ??= Object.assign(document.createElement("div"), { className: "chart__tip" })
    this.tip.hidden = index == null
    if (index == null) return
    const figures = this.names.map((name, at) => `${name} ${this.rows[index][at + 1]}`)
    this.tip.textContent = [dayLabel(this.rows[index][0]), ...figures].join("   ")
    this.plotTarget.append(this.tip)
  }
}
