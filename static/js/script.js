// Loads a vendored script that is no module; its URL stands in the import map under "vendor/".
const loaded = new Map()

export function loadScript(name) {
  if (!loaded.has(name)) loaded.set(name, inject(import.meta.resolve(name)))
  return loaded.get(name)
}

function inject(src) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject })
    document.head.append(script)
  })
}
