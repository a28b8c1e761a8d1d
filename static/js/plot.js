import { loadScript } from "app/script"

export async function loadPlot() {
  await loadScript("vendor/uplot")
  return window.uPlot
}
