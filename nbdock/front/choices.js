// A list that the keys of a text field walk through, of any length: what a search found, the tags of an image.

import { Part, button, field, make } from "./dom.js";
import { plain } from "./words.js";

const BEYOND = 4; // options drawn beyond each edge
const LEAST = 240;
let lists = 0;

// Options: `input` whose keys it takes; `label`; `height` of an option and how many are `visible`; `draw(node, item)`;
// `choose(item)`. No option is active until a key or the pointer makes one so.
export class Choices extends Part {
  constructor(host, { input, label, height = 28, visible = 8, draw, choose }) {
    super(host, "nbdock-choices", { role: "listbox", ariaLabel: label, hidden: true });
    Object.assign(this, { input, height, visible, fill: draw, choose, items: [], active: -1, drawn: new Map() });
    this.id = this.node.id = `nbdock-list-${++lists}`;
    this.body = make("div", { className: "nbdock-body", role: "presentation" });
    this.node.append(this.body);
    this.node.addEventListener("scroll", () => this.draw());
    this.node.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
  }

  show(items, active = -1) {
    Object.assign(this, { items, active });
    const shown = items.length > 0;
    this.node.hidden = !shown;
    this.input.ariaExpanded = shown;
    this.body.style.height = `${items.length * this.height}px`;
    this.node.style.maxHeight = `${this.visible * this.height + 2}px`;
    for (const node of this.drawn.values()) node.remove();
    this.drawn.clear();
    this.node.scrollTop = Math.max(0, (active - 2) * this.height);
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.node.scrollTop / this.height) - BEYOND);
    const last = Math.min(this.items.length, first + this.visible + 2 * BEYOND);
    for (const [at, node] of this.drawn) if (at < first || at >= last) this.drawn.delete(at) && node.remove();
    for (let at = first; at < last; at++) this.place(at);
    if (this.active < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
  }

  place(at) {
    const node = this.drawn.get(at) ?? this.made(at);
    node.ariaSelected = at === this.active;
  }

  made(at) {
    const node = make("div", { className: "nbdock-option", id: `${this.id}-${at}`, role: "option", ariaSetSize: this.items.length, ariaPosInSet: at + 1, on: { click: () => this.choose(this.items[at]) } });
    node.style.top = `${at * this.height}px`;
    node.style.height = `${this.height}px`;
    this.fill(node, this.items[at]);
    this.drawn.set(at, node);
    this.body.append(node);
    return node;
  }

  // Whether the key was for the list.
  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: this.visible - 1, PageUp: 1 - this.visible };
    if (event.isComposing || !this.items.length || this.node.hidden) return false;
    if (event.key === "Enter" && this.active >= 0) this.choose(this.items[this.active]);
    else if (event.key in moves) this.move(this.active + moves[event.key]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  move(to) {
    this.active = to < 0 && this.active <= 0 ? -1 : Math.min(this.items.length - 1, Math.max(0, to));
    const [top, room] = [this.active * this.height, this.node.clientHeight];
    if (top < this.node.scrollTop) this.node.scrollTop = Math.max(0, top);
    else if (top + this.height > this.node.scrollTop + room) this.node.scrollTop = top + this.height - room;
    this.draw();
  }
}

// A field with a list below it; anything may be typed. `changed(value)` is called once a value is settled.
export class Combo extends Part {
  constructor(host, { label, placeholder = "", changed, show = (value) => value }) {
    super(host, "nbdock-combo");
    Object.assign(this, { changed, values: [], settled: "", told: show });
    const made = field(label, { placeholder });
    this.input = made.input;
    this.arrow = button(this.t("Show the list: {label}", { label }), () => this.toggle(), { icon: "down", bare: true, look: "nbdock-plain nbdock-arrow", tabIndex: -1 });
    this.list = this.own(new Choices(host, { input: this.input, label, draw: (node, value) => (node.textContent = plain(show(value))), choose: (value) => this.settle(value) }));
    this.list.node.popover = "manual"; // over everything that would cut it
    made.node.append(make("span", { className: "nbdock-combine" }, this.input, this.arrow));
    this.node.append(made.node, this.list.node);
    this.on(this.input, "input", () => this.typed());
    this.on(this.input, "keydown", (event) => this.key(event));
    this.on(this.input, "focus", () => this.input.select());
    this.on(this.input, "blur", () => (this.close(), this.settle(this.input.value.trim())));
    this.on(window, "scroll", (event) => this.list.node.contains(event.target) || this.close(), true);
    this.on(window, "resize", () => this.close());
  }

  get value() {
    return this.settled;
  }

  // Sets the value without a word to `changed`.
  set value(value) {
    this.settled = value;
    this.input.value = this.told(value);
  }

  offer(values) {
    this.values = values;
    this.arrow.hidden = !values.length;
    if (this.open) this.find(this.input.value.trim() === this.told(this.settled) ? "" : this.input.value);
  }

  get open() {
    return this.list.node.matches(":popover-open");
  }

  typed() {
    this.find(this.input.value);
  }

  find(words) {
    const wanted = words.trim().toLowerCase();
    const found = wanted ? this.values.filter((value) => this.told(value).toLowerCase().includes(wanted)) : this.values;
    this.list.show(found, wanted ? -1 : found.indexOf(this.settled));
    if (found.length) this.raise();
    else this.close();
  }

  raise() {
    if (!this.open) this.list.node.showPopover();
    const { left, top, bottom, width } = this.input.getBoundingClientRect();
    const room = { below: window.innerHeight - bottom - 8, above: top - 8 };
    const tall = Math.min(this.list.items.length, this.list.visible) * this.list.height + 2;
    const up = room.below < tall && room.above > room.below;
    const { style } = this.list.node;
    style.maxHeight = `${Math.min(tall, up ? room.above : room.below)}px`;
    style.width = `${Math.min(Math.max(width, LEAST), window.innerWidth - 16)}px`;
    style.left = `${Math.max(8, Math.min(left, window.innerWidth - Math.max(width, LEAST) - 8))}px`;
    style.top = up ? "auto" : `${bottom + 2}px`;
    style.bottom = up ? `${window.innerHeight - top + 2}px` : "auto";
    this.list.draw();
  }

  close() {
    if (this.open) this.list.node.hidePopover();
    this.input.ariaExpanded = false;
    this.input.removeAttribute("aria-activedescendant");
  }

  toggle() {
    const opened = this.open;
    this.input.focus();
    if (opened) this.close();
    else this.find("");
  }

  key(event) {
    if (this.open && this.list.key(event)) return;
    if (event.key === "ArrowDown" && !this.open) this.find("");
    else if (event.key === "Escape" && this.open) this.close();
    else if (event.key === "Enter" && this.input.value.trim() !== this.told(this.settled)) return void this.settle(this.input.value.trim());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  settle(typed) {
    this.close();
    const value = this.values.find((each) => this.told(each) === typed) ?? typed;
    const before = this.settled;
    this.value = value;
    if (value !== before) this.changed(value);
  }
}
