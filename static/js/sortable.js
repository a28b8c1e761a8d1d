import { loadScript } from "app/script"

export async function loadSortable() {
  await loadScript("vendor/sortable")
  return window.Sortable
}
