// Nodes of the page, and the parts that the application is made of. Text is only ever set as text, never as markup.

export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// `on` are listeners; what has a dash, `class`, `role`, `for` and the like are attributes; the rest are properties.
function set(node, name, value) {
  if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "style") for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
  else if (name in node && !name.includes("-") && name !== "list") node[name] = value;
  else if (value === true || value === false || value === null || value === undefined) node.toggleAttribute(name, Boolean(value));
  else node.setAttribute(name, value);
}

// Icons are drawn by the style sheet (`data-icon`), so that they have the colour of the text in every theme.
export function icon(name) {
  return make("span", { className: "nbdock-icon", data: { icon: name }, "aria-hidden": "true" });
}

// A button with a word; or with an icon alone, whose word is its tooltip and its name.
export function button(text, act, { look = "", icon: drawn = "", bare = false, ...properties } = {}) {
  const node = make("button", { type: "button", className: `nbdock-button ${look}`.trim(), on: { click: act }, ...properties });
  if (drawn) node.append(icon(drawn));
  if (bare) Object.assign(node, { title: text, ariaLabel: text });
  else node.append(make("span", {}, text));
  return node;
}

export function field(label, properties = {}) {
  const input = make("input", { className: "nbdock-input", autocomplete: "off", spellcheck: false, ...properties });
  return { input, node: make("label", { className: "nbdock-field" }, make("span", { className: "nbdock-label" }, label), input) };
}

// A form that Enter submits. JupyterLab keeps Enter from forms inside of a cell.
export function form(submit, ...children) {
  const node = make("form", { className: "nbdock-form", on: { submit: (event) => (event.preventDefault(), submit()) } }, ...children);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !event.target.matches("input")) return;
    event.preventDefault();
    event.stopPropagation();
    node.requestSubmit();
  });
  return node;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Outside of a secure context there is no clipboard: the old way.
    const area = make("textarea", { value: text, className: "nbdock-offscreen" });
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus();
  }
}

export const DOWN = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const ACROSS = { ArrowRight: 1, ArrowLeft: -1, ...DOWN };

// The arrow keys go from one of these nodes to the next, and Tab reaches the one where they were last.
export function rove(event, nodes, moves = ACROSS) {
  const at = nodes.indexOf(event.target);
  if (at < 0 || !(event.key in moves)) return;
  const next = nodes[Math.min(nodes.length - 1, Math.max(0, at + moves[event.key]))];
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  event.preventDefault();
  event.stopPropagation();
}

// Waits until nothing was asked for `pause` milliseconds.
export function debounced(act, pause = 250) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), pause);
  };
}

// A part of the application: it has a `node`, and what it began it ends in `remove`.
export class Part {
  constructor(host, className = "", properties = {}) {
    this.host = host;
    this.t = (text, values) => host.t(text, values);
    this.ends = [];
    this.node = make("div", { className: `nbdock-part ${className}`.trim(), ...properties });
  }

  // Another part, or a function, that ends with this one.
  own(other) {
    this.ends.push(other instanceof Part ? () => other.remove() : other);
    return other;
  }

  hear(about, listener) {
    this.own(this.host.hear(about, listener));
  }

  // Listens to something that outlives this part.
  on(target, name, listener, options) {
    target.addEventListener(name, listener, options);
    this.own(() => target.removeEventListener(name, listener, options));
  }

  // Asks, and gives what `done` makes of the answer, unless the part asked the same again or is gone by then.
  async ask(name, asked, done, failed = (error) => this.host.refused(error)) {
    this.asking ??= new Map();
    this.asking.get(name)?.abort();
    const asking = new AbortController();
    this.asking.set(name, asking);
    try {
      const found = await this.host.ask(name, asked, { signal: asking.signal });
      if (!asking.signal.aborted) done(found);
    } catch (error) {
      if (!asking.signal.aborted) failed(error);
    }
  }

  stop(name) {
    this.asking?.get(name)?.abort();
  }

  remove() {
    for (const asking of this.asking?.values() ?? []) asking.abort();
    for (const end of this.ends.splice(0).reverse()) end();
    this.node.remove();
  }
}
