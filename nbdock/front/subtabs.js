// What the sub-tabs of an image have in common: each asks when it is shown, and says what went wrong in its own place.

import { Part, button, copy, make } from "./dom.js";
import { Underway } from "./meter.js";
import { plain, plainLines } from "./words.js";

const LONGEST_VALUE = 2000; // signs of a value that are shown; copied is all of it

export class Subtab extends Part {
  constructor(host, image, className, options = {}) {
    super(host, `nbdock-subtab ${className}`);
    this.image = image;
    this.options = options;
  }

  // Asks about the image, and calls `draw` with the answer; what is shown stays until then.
  load(name, asked = {}, draw = (found) => this.draw(found)) {
    if (!this.node.childNodes.length) this.node.append(make("p", { className: "nbdock-quiet nbdock-late" }, this.t("Loading…")));
    return this.ask(name, { image: this.image.id, ...asked }, draw, (error) => this.node.replaceChildren(problem(error)));
  }
}

// One line that says what failed, and the remedy.
export function problem({ message, hint }) {
  const remedy = hint && make("span", { className: "nbdock-quiet" }, ` ${plain(hint)}`);
  return make("p", { className: "nbdock-image-problem", role: "alert" }, plain(message, 1000), remedy);
}

export function section(title, beside, ...children) {
  const head = make("div", { className: "nbdock-line" }, make("h3", {}, title), make("span", { className: "nbdock-spring" }), beside);
  return make("section", { className: "nbdock-section" }, head, ...children);
}

// Somebody else's text of several lines.
export function lines(text, most = 5000) {
  const shown = plainLines(text.slice(0, most), most);
  return text.length > most ? `${shown}…` : shown;
}

// A button that copies a text, or what a function gives, and says so. `shown` is its word; alone it is an icon.
export function copier(host, title, text, { shown = "", ...properties } = {}) {
  const word = make("span", { "aria-live": "polite", className: shown ? "nbdock-number" : "nbdock-unseen" }, shown);
  const node = button(title, copied, { look: "nbdock-plain nbdock-copy", icon: "copy", bare: true, ...properties });
  const drawn = node.querySelector(".nbdock-icon");
  let timer = 0;
  if (shown) node.prepend(word);
  else node.append(word);
  async function copied() {
    await copy(typeof text === "function" ? await text() : text);
    word.textContent = host.t("Copied");
    drawn.dataset.icon = "done";
    clearTimeout(timer);
    timer = setTimeout(() => ((word.textContent = shown), (drawn.dataset.icon = "copy")), 1800);
  }
  return node;
}

// A digest that is shown short and copies whole.
export function digest(host, title, text) {
  const [kind, value] = text.split(":");
  return copier(host, `${title} ${plain(text)}`, text, { shown: value ? `${plain(kind)}:${plain(value.slice(0, 12))}` : plain(text, 20) });
}

// Names and their values, the first hundred at once.
export function pairs(host, rows) {
  const list = make("dl", { className: "nbdock-pairs" });
  const more = button("", () => add(), { look: "nbdock-plain" });
  const node = make("div", {}, list, more);
  let shown = 0;
  function add() {
    list.append(...rows.slice(shown, shown + 100).map((row) => pair(host, ...row)));
    shown = Math.min(rows.length, shown + 100);
    more.hidden = shown === rows.length;
    more.querySelector("span").textContent = host.t("Show more of {n}", { n: rows.length });
  }
  add();
  return node;
}

function pair(host, name, value) {
  const shown = value ? make("code", {}, lines(value, LONGEST_VALUE)) : make("span", { className: "nbdock-quiet" }, host.t("(empty)"));
  return make("div", { className: "nbdock-pair" }, make("dt", {}, plain(name)), make("dd", {}, shown, copier(host, host.t("Copy {name}", { name: plain(name, 60) }), value)));
}

// How many bytes of how many: in all numbers, so that it can be a style.
export function bar(...spans) {
  const percent = (part) => `${Math.min(100, Math.max(0, 100 * part)).toFixed(2)}%`;
  const drawn = spans.filter(([, end]) => end > 0).map(([start, end, look = ""]) => make("span", { className: look, style: { left: percent(start), width: percent(end - start) } }));
  return make("span", { className: "nbdock-bar", "aria-hidden": "true" }, drawn);
}

// What is shown while an image's layers are read, which may take long.
export function reading(part, image, text) {
  return part.own(new Underway(part.host, text, `reading ${image.id}`)).node;
}
