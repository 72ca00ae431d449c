// A table of many rows, of which only those in sight are in the page. Sorted by its headings, used by keyboard alone,
// with cards of two lines where it is narrow; a tree too.

import { Part, button, make } from "./dom.js";

const SPARE = 6; // rows beyond each edge
const NARROW = 480;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
let grids = 0;

function isAbsent(value) {
  return value === null || value === undefined || value === "";
}

export function compare(a, b) {
  const [none, other] = [isAbsent(a), isAbsent(b)];
  if (none || other) return none - other;
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);
}

// A column has `name`, `title`, `width` (a track of a CSS grid), `value(row)` to sort by, and `draw(cell, row)`, which
// fills an empty cell; without `draw` the value is the text. It is hidden where the grid is narrower than `least`
// pixels; `card` is the line of a card that it is on (1, 2, or 0 for neither).
//
// Options: `label`; `columns`; `keyOf(row)`, its `id` if not given; `multiple` to select several; `height` of a row and of a `card`; `visible`
// rows, or 0 to fill what is around it; `order` as ["name", "descending"]; `empty` text; `select(keys)`, `open(row)` on
// Enter and double click; `erase(keys)` on Delete; `menu(row)` buttons of a row; `tree` with `level(row)`, `opened(row)`
// (null for a leaf) and `toggle(row)`.
export class Grid extends Part {
  constructor(host, options) {
    super(host, "nbdock-table");
    Object.assign(this, { height: 34, card: 56, visible: 10, order: ["", "ascending"], empty: "", menu: null, tree: null, keyOf: (row) => row.id }, options);
    this.id = `nbdock-grid-${++grids}`;
    this.rows = [];
    this.ordered = [];
    this.shown = [];
    this.selected = new Set();
    this.drawn = new Map();
    this.active = null;
    this.build();
    this.fit();
    const observer = new ResizeObserver(() => this.fit());
    observer.observe(this.grid);
    this.own(() => observer.disconnect());
  }

  build() {
    const role = this.tree ? "treegrid" : "grid";
    this.head = make("div", { className: "nbdock-row nbdock-head", role: "row", "aria-rowindex": "1" });
    this.body = make("div", { className: "nbdock-body", role: "rowgroup" });
    this.grid = make(
      "div",
      { className: "nbdock-grid", role, tabIndex: 0, ariaLabel: this.label, on: { scroll: () => this.draw(), keydown: (event) => this.key(event) } },
      make("div", { className: "nbdock-heads", role: "rowgroup" }, this.head),
      this.body,
    );
    if (this.multiple) this.grid.ariaMultiSelectable = "true";
    this.grid.hidden = true;
    this.none = make("p", { className: "nbdock-empty" }, this.t("Loading…"));
    this.node.append(this.grid, this.none);
  }

  // Shows these rows; those that are still there stay selected. While `more` are to come, there is no selecting all.
  show(rows, more = false) {
    Object.assign(this, { rows, more });
    const keys = new Set(rows.map((row) => this.keyOf(row)));
    const kept = [...this.selected].filter((key) => keys.has(key));
    if (kept.length !== this.selected.size) this.choose(kept);
    if (!keys.has(this.active)) this.active = null;
    this.clear();
    this.put();
  }

  // Only rows that pass are shown.
  filter(passes) {
    this.passes = passes;
    this.arrange();
  }

  // All rows are put in order once, so that a keystroke in a filter need not.
  put() {
    const [name, direction] = this.order;
    const column = this.columns.find((each) => each.name === name);
    const sign = direction === "descending" ? -1 : 1;
    this.ordered = this.rows;
    if (column && !this.tree) {
      const valued = this.rows.map((row) => [row, column.value(row)]);
      const order = ([, a], [, b]) => (isAbsent(a) || isAbsent(b) ? compare(a, b) : sign * compare(a, b));
      this.ordered = valued.sort(order).map(([row]) => row);
    }
    this.arrange();
  }

  arrange() {
    this.shown = this.passes ? this.ordered.filter(this.passes) : [...this.ordered];
    this.index = new Map(this.shown.map((row, at) => [this.keyOf(row), at]));
    this.grid.ariaRowCount = this.more ? -1 : this.shown.length + 1;
    this.grid.hidden = !this.rows.length;
    this.none.hidden = this.shown.length > 0;
    this.none.textContent = this.rows.length ? this.t("Nothing matches the filter.") : this.empty;
    this.mark();
    this.body.style.height = `${this.shown.length * this.tall}px`;
    this.draw();
  }

  // Rows are made anew when they are drawn.
  clear() {
    for (const node of this.drawn.values()) node.remove();
    this.drawn.clear();
  }

  redraw() {
    this.clear();
    this.body.style.height = `${this.shown.length * this.tall}px`;
    this.draw();
  }

  // Columns that fit the width.
  fit() {
    const width = this.grid.clientWidth || 1000;
    const narrow = width < NARROW && this.columns.some((each) => each.card);
    this.tall = narrow ? this.card : this.height;
    this.fitting = this.columns.filter((each) => (narrow ? each.card : (each.least ?? 0) <= width));
    const seen = [narrow, ...this.fitting.map((each) => each.name)].join();
    this.grid.style.maxHeight = this.visible ? `${(this.visible + 1) * this.tall + 2}px` : "";
    if (seen === this.seen) return this.draw();
    this.seen = seen;
    this.grid.classList.toggle("nbdock-cards", narrow);
    this.grid.style.setProperty("--nbdock-height", `${this.tall}px`);
    const tracks = [this.multiple && "32px", ...this.fitting.map((each) => each.width ?? "1fr"), this.menu && "max-content"];
    this.grid.style.setProperty("--nbdock-columns", tracks.filter(Boolean).join(" "));
    this.headings();
    this.redraw();
  }

  headings() {
    this.heads = new Map();
    const cells = this.fitting.map((column) => {
      const sorts = column.value && !this.tree;
      const content = sorts ? button(column.title, () => this.sort(column.name), { look: "nbdock-sort" }) : make("span", {}, column.title);
      const cell = make("div", { className: `nbdock-cell nbdock-${column.name}`, role: "columnheader" }, content);
      if (sorts) this.heads.set(column.name, cell);
      return cell;
    });
    this.all = this.multiple && make("input", { type: "checkbox", ariaLabel: this.t("Select all"), on: { change: () => this.choose(this.all.checked ? this.shown.map((row) => this.keyOf(row)) : []) } });
    const first = this.all && make("div", { className: "nbdock-cell nbdock-check", role: "columnheader" }, this.all);
    const last = this.menu && make("div", { className: "nbdock-cell nbdock-menu", role: "columnheader" }, make("span", {}, this.t("Actions")));
    this.head.replaceChildren(...[first, ...cells, last].filter(Boolean));
    this.mark();
  }

  mark() {
    const [sorted, direction] = this.order;
    for (const [name, cell] of this.heads) cell.ariaSort = name === sorted ? direction : "none";
  }

  sort(name) {
    const [sorted, direction] = this.order;
    this.order = [name, name === sorted && direction === "ascending" ? "descending" : "ascending"];
    this.put();
    this.sorted?.(this.order);
  }

  // Rows in sight.
  draw() {
    if (!this.tall) return;
    const room = Math.ceil((this.grid.clientHeight || 600) / this.tall);
    const lowest = Math.max(0, this.shown.length - room); // the browser scrolls back only after rows were removed
    const first = Math.max(0, Math.min(lowest, Math.floor(this.grid.scrollTop / this.tall)) - SPARE);
    const wanted = this.shown.slice(first, first + room + 2 * SPARE);
    const keys = new Set(wanted.map((row) => this.keyOf(row)));
    for (const [key, node] of this.drawn) if (!keys.has(key) && !node.contains(document.activeElement)) this.drawn.delete(key) && node.remove();
    wanted.forEach((row, i) => this.place(row, first + i));
    if (this.all) {
      this.all.disabled = this.more;
      this.all.checked = this.selected.size > 0 && this.selected.size >= this.shown.length;
      this.all.indeterminate = this.selected.size > 0 && !this.all.checked;
    }
    if (this.active === null) this.grid.removeAttribute("aria-activedescendant");
    else this.grid.setAttribute("aria-activedescendant", `${this.id}-${this.index.get(this.active)}`);
  }

  place(row, at) {
    const key = this.keyOf(row);
    const node = this.drawn.get(key) ?? this.made(row, key);
    const selected = this.selected.has(key);
    node.id = `${this.id}-${at}`;
    node.style.top = `${at * this.tall}px`;
    node.ariaRowIndex = at + 2;
    node.ariaSelected = selected;
    node.classList.toggle("nbdock-active", key === this.active);
    if (this.menu && key === this.active) this.offer(node, row);
    const check = node.querySelector(".nbdock-check input");
    if (check) check.checked = selected;
    if (!node.isConnected) this.body.append(node);
  }

  made(row, key) {
    const node = make("div", { className: "nbdock-row", role: "row", data: { key }, on: { click: (event) => this.click(event, key), dblclick: () => this.open?.(row) } });
    if (this.multiple) node.append(make("div", { className: "nbdock-cell nbdock-check", role: "gridcell" }, make("input", { type: "checkbox", tabIndex: -1, ariaLabel: this.t("Select {name}", { name: this.named?.(row) ?? key }) })));
    for (const column of this.fitting) {
      const cell = make("div", { className: `nbdock-cell nbdock-${column.name}`, role: "gridcell", data: { line: column.card ?? "" } });
      if (column.draw) column.draw(cell, row);
      else cell.textContent = column.value(row) ?? "";
      node.append(cell);
    }
    if (this.menu) {
      node.append(make("div", { className: "nbdock-cell nbdock-menu", role: "gridcell" }));
      node.addEventListener("pointerenter", () => this.offer(node, row));
    }
    if (this.tree) this.branch(node, row);
    this.drawn.set(key, node);
    return node;
  }

  // The buttons of a row are made when the pointer or the keyboard is there: many rows would be slow to draw with them.
  offer(node, row) {
    const cell = node.querySelector(".nbdock-menu");
    if (!cell.firstChild) cell.append(...this.menu(row));
  }

  branch(node, row) {
    const opened = this.tree.opened(row);
    node.ariaLevel = this.tree.level(row);
    if (opened !== null) node.ariaExpanded = opened;
  }

  // Selection.

  choose(keys) {
    this.selected = new Set(keys);
    this.draw();
    this.select?.([...this.selected]);
  }

  click(event, key) {
    if (event.target.closest("button, a, .nbdock-menu")) return;
    const before = this.active;
    this.active = key;
    if (!this.multiple) this.choose([key]);
    else if (event.shiftKey && before !== null) this.extend(before, key);
    else if (event.ctrlKey || event.metaKey || event.target.closest(".nbdock-check")) this.toggle(key);
    else this.choose([key]);
  }

  toggle(key) {
    const selected = new Set(this.selected);
    if (!selected.delete(key)) selected.add(key);
    this.choose(selected);
  }

  extend(from, to) {
    const [a, b] = [this.index.get(from) ?? 0, this.index.get(to)].sort((x, y) => x - y);
    this.choose([...this.selected, ...this.shown.slice(a, b + 1).map((row) => this.keyOf(row))]);
  }

  // Keys.

  key(event) {
    if (event.target !== this.grid) return;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / this.tall) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const row = this.shown[this.index?.get(this.active)];
    const [name, command] = [event.key, event.ctrlKey || event.metaKey];
    if (name in moves) this.move(moves[name], event.shiftKey && this.multiple);
    else if (name === " " && row) this.multiple ? this.toggle(this.active) : this.choose([this.active]);
    else if (name === "Enter" && row && this.open) this.open(row);
    else if (name === "ArrowRight" && row && this.tree?.opened(row)) this.move(1);
    else if (name === "ArrowRight" && row && this.tree?.opened(row) === false) this.tree.toggle(row);
    else if (name === "ArrowLeft" && row && this.tree) this.tree.opened(row) ? this.tree.toggle(row) : this.up(row);
    else if (name.toLowerCase() === "a" && command && this.multiple && !this.more) this.choose(this.shown.map((each) => this.keyOf(each)));
    else if (name === "Escape" && this.multiple && this.selected.size) this.choose([]);
    else if (name === "Delete" && this.erase && (row || this.selected.size)) this.erase(this.selected.size ? [...this.selected] : [this.active]);
    else if (name === "F10" && event.shiftKey && row && this.menu) this.drawn.get(this.active)?.querySelector(".nbdock-menu button")?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(by, extending) {
    if (!this.shown.length) return;
    const from = this.active;
    const before = from === null ? (by > 0 ? -1 : this.shown.length) : this.index.get(from);
    this.activate(this.shown[Math.min(this.shown.length - 1, Math.max(0, before + by))]);
    if (extending) this.extend(from ?? this.active, this.active);
    else if (!this.multiple) this.choose([this.active]);
  }

  activate(row) {
    this.active = this.keyOf(row);
    const top = this.index.get(this.active) * this.tall;
    const room = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + this.tall > this.grid.scrollTop + room) this.grid.scrollTop = top + this.tall - room;
    this.draw();
  }

  // To the branch that a row of a tree is on.
  up(row) {
    const level = this.tree.level(row);
    const above = this.shown.slice(0, this.index.get(this.keyOf(row))).findLast((each) => this.tree.level(each) < level);
    if (above) this.activate(above);
  }
}
