// The files of an image as a tree, of which a folder is asked for when it is opened; or as a flat list of what was found.

import { Part, button, icon, make } from "./dom.js";
import { Grid } from "./grid.js";
import { plain, size, time } from "./words.js";

const DEEPEST = 16; // levels that are indented
const ROOT = 0;
const PERMISSIONS = "rwxrwxrwx";

// `asked()` is what each question is about, `active(row)` is called when another row is, `open(row)` for a file that is
// to be shown, `failed(error)` when a folder cannot be told, `colour(group)` and `named(group)` say what a group looks like.
export class FileTree extends Part {
  constructor(host, options) {
    super(host, "nbdock-tree");
    Object.assign(this, options);
    this.comparing = false;
    this.reset();
    this.grid = this.own(
      new Grid(host, {
        label: this.t("Files"),
        keyOf: (row) => row.key,
        columns: this.columns(),
        height: 28,
        visible: 0,
        empty: this.t("Nothing here."),
        select: ([key]) => this.chosen(key),
        open: (row) => this.act(row),
        tree: { level: (row) => row.level, opened: (row) => this.isOpen(row), toggle: (row) => this.toggle(row) },
      }),
    );
    this.node.append(this.grid.node);
  }

  remove() {
    this.folders?.abort();
    super.remove();
  }

  // Forgets what was loaded; answers that are on their way are of no use.
  reset() {
    this.folders?.abort();
    this.folders = new AbortController();
    this.loaded = new Map();
    this.found = null;
  }

  // Shows the root, with the folders open that were.
  async start(comparing) {
    const open = comparing === this.comparing ? [...(this.opened ?? [])] : []; // numbers of folders are of one of the two
    this.reset();
    this.opened = new Set();
    const root = await this.load(ROOT);
    await Promise.all(open.map((node) => this.load(node).then((known) => known?.rows.length && this.opened.add(node))));
    this.comparing = comparing;
    if (root) this.show();
    return root;
  }

  async load(node, start = 0, among = -1) {
    const asking = this.folders;
    try {
      const told = await this.host.ask("folder", { ...this.asked(), node, start, among }, { signal: asking.signal });
      if (asking.signal.aborted) return null;
      const before = start ? this.loaded.get(node).rows : [];
      const known = new Set(told.rows.map((row) => row.node));
      this.loaded.set(node, { ...told, rows: [...before.filter((row) => !known.has(row.node)), ...told.rows] });
      return this.loaded.get(node);
    } catch (error) {
      if (!asking.signal.aborted) this.failed(error);
      return null;
    }
  }

  // Rows of a search instead of the tree; null goes back to it.
  list(rows) {
    this.found = rows?.map((row) => ({ ...row, level: 1, key: `${row.node}` })) ?? null;
    this.show();
  }

  show() {
    const columns = this.columns();
    const titles = (some) => some.map((each) => each.title).join();
    const others = titles(columns) !== titles(this.grid.columns);
    this.grid.show(this.found ?? this.below(ROOT, 1));
    if (others) this.grid.fit(Object.assign(this.grid, { columns, seen: null }));
  }

  below(node, level) {
    const { rows = [], left = 0, size: whole = 0, next = 0 } = this.loaded.get(node) ?? {};
    const shown = rows.flatMap((row) => [{ ...row, level, whole, parent: node, key: `${row.node}` }, ...(this.opened.has(row.node) && row.folder ? this.below(row.node, level + 1) : [])]);
    return left > 0 ? [...shown, { key: `more ${node}`, more: left, next, parent: node, level }] : shown;
  }

  isOpen(row) {
    return !row.folder || row.empty || row.path ? null : this.opened.has(row.node);
  }

  async toggle(row) {
    if (!this.opened.delete(row.node)) await this.unfold(row.node);
    this.show();
  }

  // Opens a folder; where there is nothing in it but another, that one too.
  async unfold(node, levels = DEEPEST) {
    const known = this.loaded.get(node) ?? (await this.load(node));
    if (!known) return;
    this.opened.add(node);
    const [only, ...others] = known.rows;
    if (levels && only?.folder && !only.empty && !others.length) await this.unfold(only.node, levels - 1);
  }

  // What Enter and a click on the name do.
  async act(row) {
    if (row.more) return (await this.load(row.parent, row.next)) && this.show();
    if (!row.folder) return this.open(row);
    if (row.empty && !row.path) return;
    return row.path ? this.reveal([...row.way, row.node], row.node) : this.toggle(row);
  }

  // Opens the folders on the way to a node, and makes it the active row.
  async reveal(way, node) {
    this.found = null;
    for (const [at, folder] of way.entries()) {
      const next = way[at + 1] ?? node;
      const known = this.loaded.get(folder);
      if (!known?.rows.some((row) => row.node === next) && !(await this.load(folder, 0, next))) return;
      this.opened.add(folder);
    }
    if (way.at(-1) === node) this.opened.delete(node);
    this.show();
    this.activate(`${node}`);
  }

  activate(key) {
    const row = this.grid.shown[this.grid.index.get(key)];
    if (!row) return;
    this.grid.activate(row);
    this.grid.choose([key]);
  }

  chosen(key) {
    const row = this.grid.shown[this.grid.index?.get(key)];
    if (row && !row.more) this.active(row);
  }

  focus() {
    this.grid.grid.focus({ preventScroll: true });
    if (this.grid.active === null && this.grid.shown.length) this.activate(this.grid.keyOf(this.grid.shown[0]));
  }

  // Columns.

  columns() {
    const sized = (name, title, width, least, draw) => ({ name: `file-${name}`, title, width, least, draw });
    const last = this.comparing
      ? sized("delta", this.t("Change"), "84px", 0, (cell, row) => cell.append(row.more ? "" : signed(row.delta)))
      : sized("wasted", this.t("Wasted"), "84px", 380, (cell, row) => row.wasted && cell.append(size(row.wasted)));
    return [
      sized("name", this.t("Name"), "minmax(0, 1fr)", 0, (cell, row) => this.drawName(cell, row)),
      !this.found && sized("share", this.t("Share"), "72px", 420, (cell, row) => row.more || cell.append(this.share(row))),
      sized("size", this.t("Size"), "72px", this.comparing ? 420 : 0, (cell, row) => row.more || cell.append(size(row.size))),
      last,
      sized("layer", this.comparing ? this.t("Kind") : this.t("Layer"), "56px", 0, (cell, row) => row.more || cell.append(...this.chips(row))),
      sized("mode", this.t("Mode"), "92px", 640, (cell, row) => cell.append(permissions(row))),
      sized("owner", this.t("Owner"), "88px", 740, (cell, row) => cell.append(row.uid === undefined ? "" : `${row.uid}:${row.gid}`)),
      sized("time", this.t("Modified"), "132px", 860, (cell, row) => cell.append(time(row.mtime).slice(0, 16))),
    ].filter(Boolean);
  }

  drawName(cell, row) {
    cell.style.setProperty("--nbdock-level", Math.min(row.level, DEEPEST) - 1);
    cell.classList.toggle("nbdock-lost", Boolean(row.fate) && !row.folder);
    const press = () => {
      this.activate(row.key);
      this.grid.grid.focus({ preventScroll: true });
      this.act(row);
    };
    if (row.more) return cell.append(button(this.t("{n, one more, # more}", { n: row.more }), press, { look: "nbdock-plain nbdock-rest", tabIndex: -1 }));
    const look = row.folder && !row.empty && !row.path ? ["caret", "folder"] : [row.folder ? "folder" : row.type === "symlink" ? "link" : "file"];
    const name = button(plain(row.name), press, { look: "nbdock-plain nbdock-file", tabIndex: -1 });
    name.prepend(...look.map(icon));
    cell.title = plain(row.path ?? row.name);
    cell.append(name, ...this.remarks(row).map((text) => make("span", { className: "nbdock-quiet nbdock-remark" }, text)));
  }

  // What there is to say beside a name.
  remarks(row) {
    const layer = row.ended;
    const fates = {
      overwritten: this.t("overwritten in layer {layer}", { layer }),
      deleted: this.t("deleted in layer {layer}", { layer }),
      hidden: this.t("hidden by layer {layer}", { layer }),
    };
    const links = { symlink: "→", hardlink: "=" };
    const link = row.link && `${links[row.type] ?? "→"} ${plain(row.link)}`;
    const folder = row.path && plain(row.path.slice(0, row.path.lastIndexOf("/")) || "/", 1000);
    return [folder, link, !row.folder && fates[row.fate], row.differs && this.differing(row.differs)].filter(Boolean);
  }

  differing(names) {
    const words = { type: this.t("type"), content: this.t("content"), mode: this.t("mode"), owner: this.t("owner"), link: this.t("link"), xattrs: this.t("attributes"), device: this.t("device") };
    return names.split(", ").map((name) => words[name] ?? name).join(", ");
  }

  // A bar: the bytes of a row as a part of its folder's, in the colours of what is in it.
  share(row) {
    const parts = row.parts ?? [[row.group, row.size]];
    let at = 0;
    const spans = parts.map(([group, bytes]) => {
      const width = row.whole ? (100 * bytes) / row.whole : 0;
      const span = make("span", { data: { colour: this.colour(group) }, style: { "inset-inline-start": `${at}%`, width: `${width}%` } });
      at += width;
      return span;
    });
    return make("span", { className: "nbdock-bar nbdock-share", "aria-hidden": "true" }, spans);
  }

  chips(row) {
    if (row.group < 0) return [];
    const chip = make("span", { className: "nbdock-layer-chip", data: { colour: this.colour(row.group) }, title: this.named(row.group) }, this.marked(row.group));
    return [chip, row.parts?.length > 1 ? make("span", { className: "nbdock-quiet" }, "+") : ""];
  }
}

export function signed(bytes) {
  return bytes ? `${bytes > 0 ? "+" : "−"}${size(Math.abs(bytes))}` : "";
}

// Permissions as ls shows them.
export function permissions({ mode, type }) {
  if (mode === undefined || mode === null) return "";
  const kinds = { directory: "d", symlink: "l", char: "c", block: "b", fifo: "p" };
  const bits = [...PERMISSIONS].map((letter, at) => (mode & (0o400 >> at) ? letter : "-"));
  for (const [bit, at, letter] of [[0o4000, 2, "s"], [0o2000, 5, "s"], [0o1000, 8, "t"]]) {
    if (mode & bit) bits[at] = bits[at] === "x" ? letter : letter.toUpperCase();
  }
  return (kinds[type] ?? "-") + bits.join("");
}
