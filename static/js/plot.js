// uPlot, loaded when first needed, and how our line charts look.
import { loadScript } from "app/script"

export async function loadPlot() {
  await loadScript("vendor/uplot")
  return window.uPlot
}

// uPlot draws on a canvas, which knows no light-dark(): let the browser resolve the colour.
function colourOf(element, name) {
  element.style.color = getComputedStyle(element).getPropertyValue(name)
  const colour = getComputedStyle(element).color
  element.style.color = ""
  return colour
}

export function dayLabel(text = "") {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T12:00`)
  return day ? new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(day) : text
}

export function lineOptions(element, { size, days, names, onMove }) {
  const axis = {
    stroke: colourOf(element, "--color-ink-subtle"),
    font: `12px ${getComputedStyle(element).fontFamily}`,
    ticks: { show: false },
  }
  const lines = names.map((_, at) => ({ stroke: colourOf(element, `--color-series-${at + 1}`), width: 2, points: { show: false } }))
  const labels = (_, ticks) => ticks.map((tick) => dayLabel(days[tick]))
  return {
    ...size,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 4)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 64, incrs: [1, 2, 3, 5, 7, 14, 30, 60], values: labels },
      { ...axis, grid: { stroke: colourOf(element, "--color-line"), width: 1 }, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
    ],
    series: [{}, ...lines],
    hooks: { setCursor: [(plot) => onMove(plot.cursor.idx)] },
  }
}
