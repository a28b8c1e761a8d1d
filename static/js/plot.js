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

// Each line says its name where it ends; names that would touch are moved apart.
function nameLines(plot, names, { ink, colours, font }) {
  const { ctx, bbox, data } = plot
  const scale = devicePixelRatio
  const ends = names.map((name, at) => ({ name, colour: colours[at], y: plot.valToPos(data[at + 1].at(-1), "y", true) }))
  let lowest = bbox.top + bbox.height + 4 * scale
  ctx.save()
  ctx.font = font.replace(/^(\d+)px/, (_, size) => `${size * scale}px`)
  ctx.textAlign = "left"
  ctx.textBaseline = "middle"
  for (const { name, colour, y } of ends.sort((a, b) => b.y - a.y)) {
    lowest = Math.min(y, lowest - 15 * scale)
    ctx.fillStyle = colour
    ctx.fillRect(bbox.left + bbox.width + 6 * scale, lowest - scale, 8 * scale, 2 * scale)
    ctx.fillStyle = ink
    ctx.fillText(name, bbox.left + bbox.width + 18 * scale, lowest)
  }
  ctx.restore()
}

export function lineOptions(element, { size, days, names, onMove }) {
  const axis = {
    stroke: colourOf(element, "--color-ink-subtle"),
    font: `12px ${getComputedStyle(element).fontFamily}`,
    ticks: { show: false },
  }
  const colours = names.map((_, at) => colourOf(element, `--color-series-${at + 1}`))
  const lines = colours.map((stroke) => ({ stroke, width: 2, points: { show: false } }))
  const label = { ink: colourOf(element, "--color-ink-muted"), colours, font: axis.font }
  const labels = (_, ticks) => ticks.map((tick) => dayLabel(days[tick]))
  return {
    ...size,
    padding: [12, 84, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 4)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 64, incrs: [1, 2, 3, 5, 7, 14, 30, 60], values: labels },
      { ...axis, grid: { stroke: colourOf(element, "--color-line"), width: 1 }, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
    ],
    series: [{}, ...lines],
    hooks: { setCursor: [(plot) => onMove(plot.cursor.idx)], draw: [(plot) => nameLines(plot, names, label)] },
  }
}
