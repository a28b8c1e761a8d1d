// Starts Stimulus and loads each controller the first time its name stands on the page.
import { Application } from "@hotwired/stimulus"

const application = Application.start()
const known = new Map(
  Object.keys(JSON.parse(document.querySelector("script[type=importmap]").textContent).imports)
    .filter((name) => name.startsWith("app/controllers/"))
    .map((name) => [name.slice("app/controllers/".length), name]),
)

function loadControllers(root) {
  const elements = [...root.querySelectorAll("[data-controller]")]
  if (root.matches?.("[data-controller]")) elements.push(root)
  for (const name of elements.flatMap((element) => element.dataset.controller.split(/\s+/))) {
    const module = known.get(name)
    if (!module) continue
    known.delete(name)
    import(module).then(({ default: controller }) => application.register(name, controller))
  }
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) loadControllers(node)
  }
}).observe(document.documentElement, { childList: true, subtree: true })
loadControllers(document)

// Any element with data-opens="<id>" opens that dialog; the dialog's controller does the rest.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]")
  const dialog = opener && document.getElementById(opener.dataset.opens)
  if (!dialog || dialog.open) return
  event.preventDefault()
  opener.closest("[popover]")?.hidePopover()
  dialog.showModal()
  dialog.dispatchEvent(new CustomEvent("dialog:opened"))
})

// Network trouble has no answer to show, so the page says it itself.
document.addEventListener("htmx:sendError", () => {
  const toasts = document.getElementById("toasts")
  if (!toasts || toasts.querySelector("[data-offline]")) return
  const note = document.createElement("div")
  note.className = "toast toast--negative"
  note.dataset.controller = "toast"
  note.dataset.offline = ""
  const text = document.createElement("p")
  text.className = "toast__text"
  text.textContent = "The server did not answer. Nothing was changed. Check your connection and try again."
  note.append(text)
  toasts.append(note)
})
