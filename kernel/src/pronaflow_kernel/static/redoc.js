// ReDoc over the server's own description, in the fonts of the reader's system.
// Its maker's logo would come from another server, which the page's policy forbids; the link with the name
// stays. React sets the address in both ways.
const image = HTMLImageElement.prototype;
const source = Object.getOwnPropertyDescriptor(image, "src");
function isOurs(value) {
  const address = new URL(value, location);
  return !address.protocol.startsWith("http") || address.origin === location.origin;
}
Object.defineProperty(image, "src", { ...source, set(value) { if (isOurs(value)) source.set.call(this, value); } });
image.setAttribute = function (name, value) {
  if (name !== "src" || isOurs(value)) Element.prototype.setAttribute.call(this, name, value);
};

Redoc.init(
  "openapi.json",
  {
    nativeScrollbars: true,
    theme: {
      typography: {
        fontFamily: "system-ui, sans-serif",
        headings: { fontFamily: "system-ui, sans-serif" },
        code: { fontFamily: "ui-monospace, monospace" },
      },
    },
  },
  document.getElementById("docs"),
);
