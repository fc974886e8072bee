// ReDoc over the server's own description, in the fonts of the reader's system.
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
