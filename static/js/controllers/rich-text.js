// A rich-text field: Trix over a textarea, our own toolbar, variables inserted at the cursor.
import { Controller } from "@hotwired/stimulus"
import { loadTrix } from "app/trix"

export default class extends Controller {
  static targets = ["source", "editor", "bar", "command", "link", "linkRow"]

  async connect() {
    await loadTrix()
    if (!this.element.isConnected || this.trix) return
    this.trix = this.build(this.editorTarget)
    this.trix.addEventListener("trix-file-accept", (event) => event.preventDefault())
    this.trix.addEventListener("trix-change", () => this.sourceTarget.dispatchEvent(new Event("input", { bubbles: true })))
    this.trix.addEventListener("trix-selection-change", () => this.mark())
    this.sourceTarget.hidden = true
    this.barTarget.hidden = false
    this.editorTarget.replaceWith(this.trix)
  }

  build({ id, dataset: { placeholder } }) {
    const source = this.sourceTarget
    const names = { id, input: source.id, toolbar: this.barTarget.id, placeholder, role: "textbox", "aria-multiline": "true" }
    names["aria-labelledby"] = source.getAttribute("aria-labelledby")
    const trix = document.createElement("trix-editor")
    for (const [name, value] of Object.entries(names)) trix.setAttribute(name, value)
    return trix
  }

  run({ params: { command } }) {
    if (command === "href") return this.askLink()
    const { editor } = this.trix
    if (editor.attributeIsActive(command)) editor.deactivateAttribute(command)
    else editor.activateAttribute(command)
    this.trix.focus()
    this.mark()
  }

  askLink() {
    this.linkRowTarget.hidden = !this.linkRowTarget.hidden
    if (!this.linkRowTarget.hidden) this.linkTarget.focus()
  }

  setLink() {
    const url = this.linkTarget.value.trim()
    if (url) this.trix.editor.activateAttribute("href", /^[a-z]+:|^\{\{/i.test(url) ? url : `https://${url}`)
    this.closeLink()
  }

  removeLink() {
    this.trix.editor.deactivateAttribute("href")
    this.closeLink()
  }

  closeLink() {
    this.linkTarget.value = ""
    this.linkRowTarget.hidden = true
    this.trix.focus()
  }

  insert({ currentTarget }) {
    if (currentTarget.value) this.trix.editor.insertString(currentTarget.value)
    currentTarget.value = ""
    this.trix.focus()
  }

  mark() {
    for (const button of this.commandTargets) {
      button.setAttribute("aria-pressed", String(this.trix.editor.attributeIsActive(button.dataset.richTextCommandParam)))
    }
  }
}
