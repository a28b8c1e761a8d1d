// Draws the figures of the table below as lines (uPlot, loaded when first needed).
import { Controller } from "@hotwired/stimulus"
import { loadPlot } from "app/plot"

export default class extends Controller {
  static targets = ["plot", "table"]

  async connect() {
    const Plot = await loadPlot()
    if (!this.element.isConnected || this.plot) return
    this.rows = [...this.tableTarget.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))
    this.names = [...this.tableTarget.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent)
    if (!this.rows.length) return
    this.draw = () => this.render(Plot)
    this.watch = new ResizeObserver(() => this.plot?.setSize(this.size))
    this.scheme = matchMedia("(prefers-color-scheme: dark)")
    this.scheme.addEventListener("change", this.draw)
    this.theme = new MutationObserver(this.draw)
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] })
    this.draw()
    this.watch.observe(this.plotTarget)
  }

  disconnect() {
    this.watch?.disconnect()
    this.theme?.disconnect()
    this.scheme?.removeEventListener("change", this.draw)
    this.plot?.destroy()
    this.plot = null
  }

  render(Plot) {
    this.plot?.destroy()
    const xs = this.rows.map((_, index) => index)
    const series = this.names.map((_, column) => this.rows.map((row) => Number(row[column + 1].replaceAll(",", ""))))
    this.plot = new Plot(this.options, [xs, ...series], this.plotTarget)
  }

  get size() {
    return { width: this.plotTarget.clientWidth, height: 220 }
  }

  get options() {
    const style = getComputedStyle(this.element)
    const paint = (name) => this.resolve(style.getPropertyValue(name))
    const line = { stroke: paint("--color-line"), width: 1 }
    const axis = { stroke: paint("--color-ink-subtle"), font: `12px ${style.fontFamily}`, ticks: { show: false } }
    const label = (index) => this.short(this.rows[index]?.[0])
    const lines = this.names.map((_, at) => ({ stroke: paint(`--color-series-${at + 1}`), width: 2, points: { show: false } }))
    return {
      ...this.size,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 4)] } },
      axes: [
        { ...axis, grid: { show: false }, size: 28, space: 64, incrs: [1, 2, 3, 5, 7, 14, 30, 60], values: (_, ticks) => ticks.map(label) },
        { ...axis, grid: line, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      ],
      series: [{}, ...lines],
      hooks: { setCursor: [(plot) => this.tell(plot.cursor.idx)] },
    }
  }

  // uPlot draws on a canvas, which knows no light-dark(): let the browser resolve the colour.
  resolve(value) {
    this.plotTarget.style.color = value
    const colour = getComputedStyle(this.plotTarget).color
    this.plotTarget.style.color = ""
    return colour
  }

  short(text = "") {
    const day = /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T12:00`)
    return day ? new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(day) : text
  }

  tell(index) {
    this.tip ??= Object.assign(document.createElement("div"), { className: "chart__tip" })
    this.tip.hidden = index == null
    if (index == null) return
    const figures = this.names.map((name, at) => `${name} ${this.rows[index][at + 1]}`)
    this.tip.textContent = [this.short(this.rows[index][0]), ...figures].join("   ")
    this.plotTarget.append(this.tip)
  }
}
