// Writes a UTC <time> in the reader's own zone and language; relative ones keep up with the clock.
import { Controller } from "@hotwired/stimulus"

const WEEK = 7 * 24 * 3600
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]]
const formats = {
  datetime: { dateStyle: "medium", timeStyle: "short" },
  date: { dateStyle: "medium" },
  day: { day: "numeric", month: "short" },
  time: { timeStyle: "short" },
  full: { dateStyle: "full", timeStyle: "long" },
}

export default class extends Controller {
  static values = { style: { type: String, default: "relative" } }

  connect() {
    this.at = new Date(this.element.dateTime)
    this.element.title = new Intl.DateTimeFormat(undefined, formats.full).format(this.at)
    this.write()
    if (this.styleValue === "relative") this.timer = setInterval(() => this.write(), 30000)
  }

  disconnect() {
    clearInterval(this.timer)
  }

  write() {
    this.element.textContent = this.text(this.styleValue)
  }

  text(style) {
    if (style === "relative") return this.relative()
    return style === "short" ? this.short() : this.absolute(style)
  }

  short() {
    const now = new Date()
    if (this.at.toDateString() === now.toDateString()) return this.absolute("time")
    return this.absolute(this.at.getFullYear() === now.getFullYear() ? "day" : "date")
  }

  absolute(style) {
    return new Intl.DateTimeFormat(undefined, formats[style] ?? formats.datetime).format(this.at)
  }

  relative() {
    const seconds = (this.at - Date.now()) / 1000
    if (Math.abs(seconds) > WEEK) return this.absolute("date")
    if (Math.abs(seconds) < 45) return "just now"
    const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length * 0.95) ?? ["minute", 60]
    const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" })
    return words.format(Math.round(seconds / size), unit)
  }
}
