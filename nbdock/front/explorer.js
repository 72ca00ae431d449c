// The files of an image: a tree by bytes in the colours of its layers, what is wasted, a search, a treemap that moves with
// the tree, a preview of a file, and what differs from another image.

import { Part, button, debounced, field, make, rove } from "./dom.js";
import { FileTree, signed } from "./filetree.js";
import { Underway } from "./meter.js";
import { Preview } from "./preview.js";
import { Treemap } from "./treemap.js";
import { plain, size } from "./words.js";

const CHANGES = ["added", "removed", "changed"];
const SIGNS = { added: "+", removed: "−", changed: "~" };
const SOON = 150; // milliseconds after which it is told that something takes time
let explorers = 0;

export class Explorer extends Part {
  constructor(host, image) {
    super(host, "nbdock-explorer");
    this.image = image;
    this.choice = { layer: "", wasted: false, against: "" };
    this.layers = [];
    this.text = "";
    this.parts();
    this.node.append(this.bar(), this.legend, this.problems, this.waiting, this.again, this.status, this.split);
    this.load();
  }

  parts() {
    const look = { asked: () => this.asked(), colour: (group) => this.colour(group), named: (group) => this.named(group), marked: (group) => this.marked(group), failed: (error) => this.failed(error) };
    this.tree = this.own(new FileTree(this.host, { ...look, active: (row) => this.activated(row), open: (row) => this.preview(row) }));
    this.map = this.own(new Treemap(this.host, { ...look, pick: (box) => this.tree.reveal(box.way, box.node).then(() => this.tree.focus()) }));
    this.shown = this.own(new Preview(this.host, { ...look, close: () => this.closed(), reveal: (row) => this.search("").then(() => this.tree.reveal(row.way, row.node)) }));
    this.legend = make("div", { className: "nbdock-legend", role: "toolbar", ariaLabel: this.t("Layers"), on: { keydown: (event) => this.along(event) } });
    this.problems = make("div", { className: "nbdock-unread", role: "alert" });
    this.status = make("p", { className: "nbdock-quiet nbdock-status", role: "status" });
    this.side = make("div", { className: "nbdock-beside" }, this.map.node, this.shown.node);
    this.shown.node.hidden = true;
    this.split = make("div", { className: "nbdock-split" }, this.tree.node, this.side);
    this.reading = this.own(new Underway(this.host, this.t("Reading the layers…"), `explore ${this.image.id}`));
    this.again = make("div", { className: "nbdock-line", hidden: true }, make("span", { role: "status" }, this.t("The layers were not read.")), button(this.t("Read them"), () => this.load(this.wanted), { look: "nbdock-primary" }));
    this.waiting = make("div", { className: "nbdock-line", hidden: true }, this.reading.node, button(this.t("Cancel"), () => this.cancel()));
    this.follow = debounced((row) => this.followed(row), 100);
  }

  bar() {
    const finding = debounced((text) => this.search(text), 80);
    this.words = field(this.t("Search"), { type: "search", placeholder: this.t("name, *.py or /usr/**/x"), maxLength: 1000, on: { input: () => finding(this.words.input.value), keydown: (event) => this.searching(event) } });
    this.wasted = button("", () => this.choose({ wasted: !this.choice.wasted }), { ariaPressed: "false", icon: "trash", title: this.t("Show what is deleted or overwritten") });
    this.mapped = button(this.t("Treemap"), () => this.toggleMap(), { ariaPressed: "false", look: "nbdock-mapping", icon: "map" });
    const names = make("datalist", { id: `nbdock-others-${++explorers}` });
    const offering = debounced((text) => this.ask("comparable", { image: this.image.id, text }, (found) => names.replaceChildren(...found.map((name) => make("option", { value: name })))));
    this.other = field(this.t("Compare with"), { list: names.id, maxLength: 1000, placeholder: this.t("another image"), on: { focus: () => offering(this.other.input.value), input: () => offering(this.other.input.value), change: () => this.compare(this.other.input.value.trim()), keydown: (event) => this.comparing(event) } });
    return make("div", { className: "nbdock-line nbdock-exploring" }, this.words.node, this.wasted, this.mapped, make("span", { className: "nbdock-spring" }), this.other.node, names);
  }

  // Filters to one layer; "" shows all of them.
  showLayer(digest) {
    this.choose({ layer: digest });
  }

  asked() {
    return { image: this.image.id, ...this.choice };
  }

  // The layers, and what differs. This may make tables, which takes long.
  load(against = "") {
    const soon = setTimeout(() => (this.waiting.hidden = false), SOON);
    this.stopped = () => (clearTimeout(soon), (this.waiting.hidden = true));
    this.again.hidden = true;
    this.wanted = against;
    const done = (told) => {
      this.stopped();
      this.overview = told;
      this.layers = told.layers;
      this.choice = { ...this.choice, against: told.against?.id ?? "", layer: this.known(this.choice.layer) };
      this.problem(...told.problems);
      return this.renew();
    };
    const failed = (error) => {
      this.stopped();
      this.compared = null;
      this.failed(error);
    };
    return this.ask("explore", { image: this.image.id, against }, done, failed);
  }

  known(digest) {
    return this.layers.some((layer) => layer.digest === digest) ? digest : "";
  }

  cancel() {
    this.stop("explore");
    this.stopped();
    this.again.hidden = false;
    this.again.querySelector("button").focus();
  }

  failed(error) {
    this.problem([error.message, error.hint].filter(Boolean).join(". "));
  }

  problem(...texts) {
    this.problems.replaceChildren(...texts.map((text) => make("p", { className: "nbdock-problem" }, plain(text, 500))));
  }

  choose(changed) {
    this.choice = { ...this.choice, ...changed };
    if (this.overview) this.renew();
  }

  // Shows anew all that depends on what is looked at.
  async renew() {
    const { wasted, against } = this.overview;
    this.wasted.ariaPressed = `${this.choice.wasted}`;
    this.wasted.disabled = !wasted || Boolean(against);
    this.wasted.lastChild.textContent = wasted ? this.t("Wasted {size}", { size: size(wasted) }) : this.t("Nothing wasted");
    this.legend.replaceChildren(...(against ? this.changes(against) : this.filters()));
    this.node.classList.toggle("nbdock-comparing", Boolean(against));
    const root = await this.tree.start(Boolean(against));
    if (!root) return;
    this.root = root;
    this.map.folder = -1;
    this.map.show(0, 0);
    await this.search(this.text);
  }

  // The legend: a layer is a filter. One of its buttons is reached by Tab, the others by the arrow keys.

  filters() {
    const all = this.filter("", [make("span", {}, this.t("All layers"))]);
    const layers = this.layers.map((layer) => {
      const words = [make("span", { className: "nbdock-layer-chip", data: { colour: `${layer.colour}` } }, `${layer.position}`), make("span", { className: "nbdock-instruction" }, plain(layer.instruction, 60) || this.t("unknown")), make("span", { className: "nbdock-quiet" }, size(layer.size))];
      return this.filter(layer.digest, words, plain(layer.instruction));
    });
    return [all, ...layers];
  }

  filter(digest, words, title = "") {
    const chosen = this.choice.layer === digest;
    const press = () => {
      const at = this.at(document.activeElement);
      this.showLayer(digest);
      this.legend.children[at]?.focus();
    };
    return make("button", { type: "button", className: "nbdock-button nbdock-filter", ariaPressed: `${chosen}`, tabIndex: chosen ? 0 : -1, title, on: { click: press } }, words);
  }

  changes(against) {
    const counted = CHANGES.map((name) => make("span", { className: "nbdock-counted" }, make("span", { className: "nbdock-layer-chip", data: { colour: name } }, SIGNS[name]), `${against[name].toLocaleString()} ${this.changed(name)}`));
    const stop = button(this.t("Stop comparing"), () => this.compare(""), { look: "nbdock-plain", icon: "close" });
    return [...counted, make("strong", {}, signed(against.delta) || "±0"), stop];
  }

  at(node) {
    return [...this.legend.children].indexOf(node);
  }

  along(event) {
    if (!this.overview.against) rove(event, [...this.legend.children]);
  }

  // What a group of entries looks like: a layer, or a change.

  colour(group) {
    return this.choice.against ? CHANGES[group] : `${this.layers[group]?.colour ?? 0}`;
  }

  marked(group) {
    return this.choice.against ? SIGNS[CHANGES[group]] : `${group}`;
  }

  named(group) {
    if (this.choice.against) return this.changed(CHANGES[group]);
    return this.t("layer {n}: {instruction}", { n: `${group}`, instruction: plain(this.layers[group]?.instruction ?? "", 100) });
  }

  changed(name) {
    return { added: this.t("added"), removed: this.t("removed"), changed: this.t("changed") }[name];
  }

  // The search.

  search(text) {
    this.text = text.trim();
    this.words.input.value = text;
    this.stop("found_files");
    if (!this.overview) return Promise.resolve();
    if (this.text) return this.ask("found_files", { ...this.asked(), text: this.text }, (found) => this.found(found), (error) => (this.status.textContent = [error.message, error.hint].filter(Boolean).join(". ")));
    this.tree.list(null);
    const told = { files: this.root?.files ?? 0, size: size(this.root?.size ?? 0) };
    this.status.textContent = this.overview.against ? this.t("{files, one file differs, # files differ}", told) : this.t("{files, one file, # files}", told) + `, ${told.size}`;
    return Promise.resolve();
  }

  found({ rows, count, size: bytes }) {
    this.tree.list(rows);
    const told = this.t("{count, one match, # matches}", { count });
    const cut = count > rows.length ? this.t("the largest {n} are shown", { n: rows.length }) : "";
    this.status.textContent = [told, count && size(bytes), cut].filter(Boolean).join(", ");
  }

  searching(event) {
    if (event.key === "ArrowDown" || event.key === "Enter") this.tree.focus();
    else if (event.key === "Escape" && this.words.input.value) this.search("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Comparing.

  comparing(event) {
    if (event.key === "Enter") this.compare(this.other.input.value.trim());
    else if (event.key === "Escape" && this.choice.against) this.compare("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  compare(name) {
    if (name === (this.compared ?? "")) return;
    this.compared = name;
    this.other.input.value = name;
    this.closed(false);
    this.problem();
    if (name) this.choice = { ...this.choice, layer: "", wasted: false };
    this.load(name);
    if (!name) this.other.input.focus();
  }

  // The tree, and what is beside it.

  activated(row) {
    this.follow(row);
  }

  followed(row) {
    const folder = row.folder ? row.node : row.parent ?? row.way?.at(-1) ?? 0;
    this.map.show(folder, row.node);
    if (!this.shown.node.hidden && !row.folder && row.node !== this.shown.row.node) this.shown.show(row);
  }

  preview(row) {
    this.map.node.hidden = true;
    this.shown.node.hidden = false;
    this.node.classList.add("nbdock-previewing");
    this.shown.show(row);
  }

  closed(focus = true) {
    this.shown.stop("preview");
    this.shown.node.hidden = true;
    this.map.node.hidden = false;
    this.node.classList.remove("nbdock-previewing");
    if (focus) this.tree.focus();
  }

  toggleMap() {
    const on = this.mapped.ariaPressed !== "true";
    this.mapped.ariaPressed = `${on}`;
    this.node.classList.toggle("nbdock-mapped", on);
    if (on) this.closed(false);
  }
}
