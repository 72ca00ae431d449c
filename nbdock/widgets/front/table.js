// A table of many rows. Only the rows in sight are in the page, and text is only ever set as textContent.

const HEIGHT = 30;
const CARD = 54; // a row of two lines, where the table is narrow
const NARROW = 400;
const AGEING = 10_000; // milliseconds between two looks at the clock
const SPARE = 4; // rows beyond each edge
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function make(tag, className, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [[365 * 86400, "year"], [30 * 86400, "month"], [7 * 86400, "week"], [86400, "day"], [3600, "hour"], [60, "minute"]];

function age(seconds) {
  const passed = Math.max(0, Date.now() / 1000 - seconds);
  const [length, unit] = UNITS.find(([least]) => passed >= least) ?? UNITS.at(-1);
  return words.format(-Math.floor(passed / length), unit);
}

const text = (cell) => (Array.isArray(cell) ? cell[0] : cell);
const value = (cell) => (Array.isArray(cell) ? cell[1] : cell);

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a === null || b === null) return (a === null) - (b === null);
  return collator.compare(a, b);
}

class Table {
  constructor(model, el) {
    this.model = model;
    this.name = `nbdock-${Math.random().toString(36).slice(2)}`;
    this.drawn = new Map();
    this.active = null;
    this.build(el);
    this.listeners = {
      "change:rows change:columns": () => this.arrange(),
      "change:filter": () => this.filtered(),
      "change:order": () => this.arrange(),
      "change:selected change:action": () => this.draw(),
    };
    for (const [events, listener] of Object.entries(this.listeners)) model.on(events, listener);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.grid);
    this.ageing = setInterval(() => this.draw(), AGEING);
    this.arrange();
  }

  remove() {
    for (const [events, listener] of Object.entries(this.listeners)) this.model.off(events, listener);
    this.observer.disconnect();
    clearInterval(this.ageing);
  }

  build(el) {
    const label = this.model.get("label");
    const root = make("div", "nbdock-table");
    this.box = make("input", "nbdock-filter", { type: "search", placeholder: "Filter", "aria-label": `Filter: ${label}` });
    this.box.addEventListener("input", () => this.set("filter", this.box.value));
    this.count = make("span", "nbdock-count", { role: "status" });
    const top = make("div", "nbdock-top");
    top.hidden = !this.model.get("searchable");
    top.append(this.box, this.count);
    this.grid = make("div", "nbdock-grid", { role: "grid", tabindex: "0", "aria-label": label });
    if (this.model.get("multiple")) this.grid.setAttribute("aria-multiselectable", "true");
    this.head = make("div", "nbdock-row nbdock-head", { role: "row", "aria-rowindex": "1" });
    this.body = make("div", "nbdock-body", { role: "rowgroup" });
    const group = make("div", "nbdock-heads", { role: "rowgroup" });
    group.append(this.head);
    this.grid.append(group, this.body);
    this.grid.addEventListener("scroll", () => this.draw());
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.empty = make("p", "nbdock-empty");
    root.append(top, this.grid, this.empty);
    el.append(root);
  }

  set(name, to) {
    this.model.set(name, to);
    this.model.save_changes();
  }

  // Filter and order.

  arrange() {
    const [column, direction] = this.model.get("order");
    const at = this.model.get("columns").findIndex((each) => each.name === column);
    const sign = direction === "descending" ? -1 : 1;
    this.rows = this.model.get("rows").map(([key, ...cells]) => ({ key, cells, text: cells.map(text).join(" ").toLowerCase() }));
    this.alike = new Map();
    for (const { cells: [first] } of this.rows) this.alike.set(text(first), (this.alike.get(text(first)) || 0) + 1);
    if (at >= 0) this.rows.sort((a, b) => sign * compare(value(a.cells[at]), value(b.cells[at])));
    this.largest = this.model.get("columns").map((each, i) => (each.kind === "bar" ? Math.max(1, ...this.rows.map((row) => value(row.cells[i]))) : 1));
    this.fit();
    this.mark();
    this.filtered();
  }

  filtered() {
    const wanted = this.model.get("filter");
    if (this.box.value !== wanted) this.box.value = wanted;
    const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = this.rows.filter((row) => parts.every((part) => row.text.includes(part)));
    const all = this.rows.length.toLocaleString();
    this.total = parts.length ? `${this.shown.length.toLocaleString()} of ${all}` : all;
    this.body.style.height = `${this.shown.length * this.height}px`;
    this.grid.setAttribute("aria-rowcount", this.shown.length + 1);
    this.empty.hidden = this.shown.length > 0;
    this.empty.textContent = this.rows.length ? "No rows match the filter." : this.model.get("empty");
    this.grid.hidden = !this.rows.length;
    this.draw();
  }

  // Columns that fit the width.

  fit() {
    const width = this.grid.clientWidth || 1000;
    this.height = width < NARROW ? CARD : HEIGHT;
    this.grid.classList.toggle("nbdock-cards", width < NARROW);
    this.grid.style.setProperty("--nbdock-height", `${this.height}px`);
    this.grid.style.maxHeight = `${(this.model.get("visible_rows") + 1) * this.height + 2}px`;
    if (this.shown) this.body.style.height = `${this.shown.length * this.height}px`;
    this.columns = this.model.get("columns").map((each, at) => ({ ...each, at })).filter((each) => each.min_width <= width);
    const fixed = [this.model.get("multiple") ? "30px" : null, ...this.columns.map((each) => each.width), this.model.get("action") ? "76px" : null];
    this.grid.style.setProperty("--nbdock-columns", fixed.filter(Boolean).join(" "));
    this.main = this.columns.find((each) => each.width.startsWith("minmax"))?.name;
    const seen = [this.height, ...this.columns.map((each) => each.name)].join();
    if (seen === this.seen) return;
    this.seen = seen;
    this.headings();
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    if (this.shown) this.draw();
  }

  headings() {
    this.head.replaceChildren();
    if (this.model.get("multiple")) {
      const cell = make("div", "nbdock-cell", { role: "columnheader" });
      this.all = make("input", "", { type: "checkbox", "aria-label": "Select all" });
      this.all.addEventListener("change", () => this.select(this.all.checked ? this.shown.map((row) => row.key) : []));
      cell.append(this.all);
      this.head.append(cell);
    }
    this.heads = {};
    for (const column of this.columns) {
      const cell = make("div", this.look(column), { role: "columnheader" });
      this.heads[column.name] = cell;
      if (this.model.get("sortable")) {
        const button = make("button", "nbdock-sort", { type: "button" });
        button.textContent = column.title;
        button.addEventListener("click", () => this.sort(column.name));
        cell.append(button);
      } else cell.textContent = column.title;
      this.head.append(cell);
    }
    if (this.model.get("action")) this.head.append(make("div", "nbdock-cell", { role: "columnheader", "aria-label": "Action" }));
    this.mark();
  }

  mark() {
    const [sorted, direction] = this.model.get("order");
    for (const [name, cell] of Object.entries(this.heads)) cell.setAttribute("aria-sort", name === sorted ? direction : "none");
  }

  sort(name) {
    const [sorted, direction] = this.model.get("order");
    this.set("order", [name, name === sorted && direction === "ascending" ? "descending" : "ascending"]);
  }

  // Rows in sight.

  draw() {
    if (!this.shown || !this.columns) return;
    const selected = new Set(this.model.get("selected"));
    const lowest = this.shown.length - this.model.get("visible_rows"); // the browser scrolls back only after rows were removed
    const first = Math.max(0, Math.min(lowest, Math.floor(this.grid.scrollTop / this.height)) - SPARE);
    const last = Math.min(this.shown.length, first + this.model.get("visible_rows") + 2 * SPARE + 1);
    const wanted = new Map(this.shown.slice(first, last).map((row, i) => [row.key, [row, first + i]]));
    for (const [key, node] of this.drawn)
      if (!wanted.has(key)) {
        node.remove();
        this.drawn.delete(key);
      }
    for (const [key, [row, at]] of wanted) {
      if (!this.drawn.has(key)) this.drawn.set(key, this.row(key));
      this.update(this.drawn.get(key), row, at, selected.has(key));
    }
    this.body.replaceChildren(...this.inOrder(wanted.keys()));
    if (this.all) this.all.checked = this.shown.length > 0 && this.shown.every((row) => selected.has(row.key));
    const chosen = selected.size ? ` · ${selected.size.toLocaleString()} selected` : "";
    if (this.count.textContent !== this.total + chosen) this.count.textContent = this.total + chosen;
    const current = this.drawn.get(this.active);
    if (current) this.grid.setAttribute("aria-activedescendant", current.id);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  inOrder(keys) {
    const nodes = [...keys].map((key) => this.drawn.get(key));
    const there = [...this.body.children];
    if (nodes.length === there.length && nodes.every((node, i) => node === there[i])) return there;
    return nodes;
  }

  row(key) {
    const node = make("div", "nbdock-row", { role: "row" });
    node.id = `${this.name}-${(this.serial = (this.serial || 0) + 1)}`;
    node.addEventListener("click", (event) => this.click(event, key));
    if (this.model.get("multiple")) {
      const cell = make("div", "nbdock-cell", { role: "gridcell" });
      cell.append(make("input", "nbdock-check", { type: "checkbox", tabindex: "-1", "data-verb": "Select" }));
      node.append(cell);
    }
    for (const column of this.columns) node.append(this.cell(column));
    const action = this.model.get("action");
    if (action) {
      const cell = make("div", "nbdock-cell", { role: "gridcell" });
      const button = make("button", "nbdock-action", { type: "button", tabindex: "-1", "data-verb": action });
      button.textContent = action;
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        this.model.send({ act: key });
      });
      cell.append(button);
      node.append(cell);
    }
    return node;
  }

  // A row is named by its first cell, or by its key where several rows look alike.
  title({ key, cells: [first] }) {
    return this.alike.get(text(first)) > 1 ? key : text(first);
  }

  look({ kind, name }) {
    return `nbdock-cell nbdock-${kind}${name === this.main ? " nbdock-main" : ""}`;
  }

  cell(column) {
    const node = make("div", this.look(column), { role: "gridcell" });
    node.append(make("span", "nbdock-cell-text"));
    if (column.kind === "bar" || column.kind === "span") {
      const track = make("span", "nbdock-track", { "aria-hidden": "true" });
      track.append(make("span", "nbdock-fill"));
      node.append(track);
    }
    return node;
  }

  update(node, row, at, selected) {
    node.style.top = `${at * this.height}px`;
    node.setAttribute("aria-rowindex", at + 2);
    node.setAttribute("aria-selected", selected);
    node.classList.toggle("nbdock-active", row.key === this.active);
    for (const each of node.querySelectorAll("[data-verb]")) each.setAttribute("aria-label", `${each.dataset.verb} ${this.title(row)}`);
    const check = node.querySelector(".nbdock-check");
    if (check) check.checked = selected;
    const cells = node.querySelectorAll(".nbdock-cell-text");
    this.columns.forEach((column, i) => this.fill(cells[i], column, row.cells[column.at]));
  }

  fill(node, column, cell) {
    const dated = column.kind === "time" && cell[1] !== null;
    const shown = dated ? age(cell[1]) : text(cell);
    if (node.textContent !== shown) node.textContent = shown;
    if (dated || column.kind === "text") node.title = text(cell);
    const track = node.nextElementSibling;
    if (!track) return;
    const [, size, start, total, pale] = column.kind === "span" ? cell : [null, cell[1], 0, this.largest[column.at], true];
    const bar = track.firstChild;
    bar.style.marginInlineStart = `${(100 * start) / total}%`;
    bar.style.width = `${(100 * size) / total}%`;
    bar.hidden = size === null;
    bar.classList.toggle("nbdock-pale", pale);
  }

  // Selection.

  select(keys) {
    this.set("selected", keys);
    this.draw();
  }

  click(event, key) {
    const before = this.active;
    this.active = key;
    if (!this.model.get("multiple")) this.select([key]);
    else if (event.shiftKey && before !== null) this.extend(before, key);
    else if (event.ctrlKey || event.metaKey || event.target.matches(".nbdock-check")) this.toggle(key);
    else this.select([key]);
  }

  toggle(key) {
    const selected = this.model.get("selected");
    this.select(selected.includes(key) ? selected.filter((each) => each !== key) : [...selected, key]);
  }

  extend(from, to) {
    const [a, b] = [this.index(from), this.index(to)].sort((x, y) => x - y);
    const between = this.shown.slice(Math.max(a, 0), b + 1).map((row) => row.key);
    this.select([...new Set([...this.model.get("selected"), ...between])]);
  }

  index(key) {
    return this.shown.findIndex((row) => row.key === key);
  }

  key(event) {
    if (event.target !== this.grid) return;
    const page = this.model.get("visible_rows");
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const multiple = this.model.get("multiple");
    if (event.key in moves) this.move(moves[event.key], event.shiftKey && multiple);
    else if (event.key === " " && this.active !== null) multiple ? this.toggle(this.active) : this.select([this.active]);
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && multiple) this.select(this.shown.map((row) => row.key));
    else if (event.key === "Escape" && this.model.get("selected").length) this.select([]);
    else if (event.key === "Delete" && this.active !== null && this.model.get("action")) this.model.send({ act: this.active });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(by, extending) {
    if (!this.shown.length) return;
    const from = this.active;
    const at = Math.min(this.shown.length - 1, Math.max(0, this.index(from) + by));
    this.active = this.shown[at].key;
    const top = at * this.height;
    const room = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + this.height > this.grid.scrollTop + room) this.grid.scrollTop = top + this.height - room;
    if (extending) this.extend(from ?? this.active, this.active);
    else if (!this.model.get("multiple")) this.select([this.active]);
    else this.draw();
  }
}

export default {
  render({ model, el }) {
    const table = new Table(model, el);
    return () => table.remove();
  },
};
