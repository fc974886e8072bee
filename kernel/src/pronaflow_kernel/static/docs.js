// Swagger UI over the server's own description; nothing is asked of any other server.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
});

// Each operation's button holds a link to itself, which assistive technology cannot reach in there. Without its
// address it is text; the button opens the operation and puts its link into the address bar.
new MutationObserver(() => {
  for (const link of document.querySelectorAll(".opblock-summary-control a[href]")) link.removeAttribute("href");
}).observe(document.getElementById("docs"), { childList: true, subtree: true });
