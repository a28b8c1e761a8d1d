// Starts the viewer of /api/docs on the document that the page names.
const root = document.getElementById("api-docs");

window.SwaggerUIBundle({
  url: root.dataset.url,
  domNode: root,
  deepLinking: true,
  validatorUrl: null,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
});
