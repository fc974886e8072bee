// The Markdown editor in a page: a text, buttons that mark it, and what it will look like.
//
// The page sets `value`, `configuration` (the workspace's), `workspaceId` and `api`, a function that is called as
// `fetch` is and knows the caller. Each change is told by an `input` event; `value` holds the text.
// HTML comes from the server alone, which lets nothing through that acts.

const TOOLS = [
  ["Bold", "**", "**"],
  ["Italic", "*", "*"],
  ["Code", "`", "`"],
  ["Link", "[", "](https://)"],
  ["List", "- ", ""],
  ["Heading", "## ", ""],
];
const MINIMAL = 2; // so many of them in a minimal toolbar
const PAUSE = 250; // milliseconds without a key, after which the preview follows

const STYLE = `
  :host { display: grid; gap: .5rem; color-scheme: light dark; }
  :host([theme="light"]) { color-scheme: light; }
  :host([theme="dark"]) { color-scheme: dark; }
  :host, textarea { background: Canvas; color: CanvasText; font: inherit; }
  textarea { min-height: 8rem; padding: .5rem; resize: vertical; }
  [role="toolbar"] { display: flex; flex-wrap: wrap; gap: .25rem; }
  [part="preview"] { border: 1px solid GrayText; overflow-wrap: anywhere; padding: .5rem; }
`;

class MarkdownEditor extends HTMLElement {
  #text = document.createElement("textarea");
  #preview = document.createElement("div");
  #waiting;
  #asked = 0;
  configuration = {};
  workspaceId = null;
  api = (...request) => fetch(...request);

  get value() {
    return this.#text.value;
  }

  set value(text) {
    this.#text.value = text ?? "";
    this.#show();
  }

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    this.setAttribute("theme", this.configuration.theme ?? "system");
    this.#text.setAttribute("aria-label", "Description in Markdown");
    this.#text.addEventListener("input", () => this.#changed());
    this.#preview.part = "preview";
    this.#preview.setAttribute("aria-live", "polite");
    const toolbar = this.#toolbar();
    root.append(...(toolbar ? [toolbar] : []), this.#text, this.#preview);
    this.#show();
  }

  disconnectedCallback() {
    clearTimeout(this.#waiting);
  }

  #toolbar() {
    const kind = this.configuration.toolbar ?? "full";
    if (kind === "none") return null;
    const bar = document.createElement("div");
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Markdown");
    for (const [name, before, after] of kind === "minimal" ? TOOLS.slice(0, MINIMAL) : TOOLS) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => this.#mark(before, after));
      bar.append(button);
    }
    return bar;
  }

  #mark(before, after) {
    const { selectionStart: start, selectionEnd: end, value } = this.#text;
    this.#text.setRangeText(before + value.slice(start, end) + after, start, end, "end");
    this.#text.focus();
    this.dispatchEvent(new Event("input", { bubbles: true }));
    this.#changed();
  }

  #changed() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#show(), PAUSE);
  }

  async #show() {
    if (!this.isConnected) return;
    const turn = ++this.#asked;
    const query = this.workspaceId ? `?workspace_id=${encodeURIComponent(this.workspaceId)}` : "";
    try {
      const answer = await this.api(`/api/v1/markdown-editor/preview${query}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text: this.value }),
      });
      const told = await answer.json();
      if (turn !== this.#asked) return; // a later one is on its way
      if (answer.ok) this.#preview.innerHTML = told.data.html;
      else this.#preview.textContent = told.error.message;
    } catch {
      if (turn === this.#asked) this.#preview.textContent = "The preview cannot be loaded.";
    }
  }
}

customElements.define("pronaflow-markdown-editor", MarkdownEditor);
