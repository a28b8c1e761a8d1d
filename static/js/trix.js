// Loads Trix once. It writes two <style> elements while it is defined; the content security
// policy forbids them and rich-text.css carries their rules, so they are left out.
let loading

export function loadTrix() {
  loading ??= define()
  return loading
}

async function define() {
  const { head } = document
  const insertBefore = head.insertBefore
  head.insertBefore = (node, before) =>
    node.matches?.("style[data-tag-name^=trix-]") ? node : insertBefore.call(head, node, before)
  await import("trix")
  await customElements.whenDefined("trix-editor")
  delete head.insertBefore
}
