// The application: a bar of what one can do, the list of images, one of them beside it, pulls and notices.

import { Account } from "./account.js";
import { Part, button, debounced, field, form, make } from "./dom.js";
import { Detail } from "./detail.js";
import { Finder } from "./finding.js";
import { List, called } from "./list.js";
import { Underway } from "./meter.js";
import { Notices } from "./notices.js";
import { Plan } from "./plan.js";
import { Pulls } from "./pulling.js";
import { Welcome } from "./welcome.js";
import { plain, size } from "./words.js";

const FIRST = 200; // rows that are shown before the others have come

// `narrow` is for a side bar: an image opens by `host.open`, and JupyterLab shows the notices.
export class Shell extends Part {
  constructor(host, { narrow = false } = {}) {
    super(host, "nbdock-shell");
    this.narrow = narrow;
    this.kind = "all";
    this.images = [];
    this.at = "";
    this.list = this.own(new List(host, { select: (keys) => this.selected(keys), open: (image) => this.open(image), remove: (keys) => this.plan(keys) }));
    this.pulls = this.own(new Pulls(host));
    this.sheet = make("div", { className: "nbdock-sheet", hidden: true });
    this.place = make("div", { className: "nbdock-place", hidden: true });
    this.empty = make("div", { className: "nbdock-empty-store", hidden: true });
    this.foot = make("div", { className: "nbdock-foot nbdock-quiet", role: "status" });
    const reading = this.own(new Underway(host, this.t("Reading the layers…"), "reading store", { late: true }));
    const side = make("div", { className: "nbdock-side" }, reading.node, this.list.node, this.empty, this.foot);
    this.node.append(this.bar(), this.sheet, this.pulls.node, make("div", { className: "nbdock-main" }, side, this.place));
    if (!narrow) this.node.append(this.own(new Notices(host)).node);
    this.listen();
    this.refresh();
  }

  listen() {
    this.own(() => this.lower());
    this.hear("store", () => this.refresh());
    this.hear("open", (message) => this.asked(message));
    this.own(this.host.on("filter", () => this.filter()));
    this.own(this.host.on("chosen", () => this.choose()));
  }

  // The bar: what to show and what to do; or what to do with what is selected.

  bar() {
    const t = this.t;
    this.box = field(t("Filter"), { type: "search", placeholder: t("Filter"), value: this.host.get("filter") ?? "" }).input;
    this.box.ariaLabel = t("Filter images");
    this.box.addEventListener("input", debounced(() => this.host.set("filter", this.box.value), 60));
    this.box.addEventListener("input", () => this.filter());
    this.box.addEventListener("keydown", (event) => event.key === "ArrowDown" && (event.preventDefault(), this.list.grid.grid.focus(), this.list.grid.move(1)));
    this.chips = make("div", { className: "nbdock-chips", role: "group", ariaLabel: t("Which images") });
    this.plain = make(
      "div",
      { className: "nbdock-line nbdock-tools" },
      this.box,
      this.chips,
      make("span", { className: "nbdock-spring" }),
      button(t("Pull image…"), () => this.find(), { look: "nbdock-primary", icon: "pull" }),
      button(t("Prune"), () => this.plan(null), { icon: "prune" }),
      button(t("Accounts"), () => this.show(new Account(this.host)), { icon: "account", bare: true }),
      button(t("Refresh"), () => this.refresh(), { icon: "refresh", bare: true }),
    );
    this.chosen = make("div", { className: "nbdock-line nbdock-tools nbdock-selection", role: "toolbar", ariaLabel: t("What is selected"), hidden: true });
    return make("div", { className: "nbdock-bar-of-tools" }, this.plain, this.chosen);
  }

  chip(kind, text) {
    const node = button(text, () => ((this.kind = kind), this.filter(), this.draw()), { look: "nbdock-chip", ariaPressed: kind === this.kind, data: { kind } });
    node.append(make("span", { className: "nbdock-number nbdock-quiet" }, (this.counts?.[kind] ?? 0).toLocaleString(this.host.language)));
    return node;
  }

  draw() {
    const focused = this.chips.contains(document.activeElement) && document.activeElement.dataset.kind;
    const t = this.t;
    this.chips.replaceChildren(this.chip("all", t("All")), this.chip("used", t("In use")), this.chip("unused", t("Unused")), this.chip("dangling", t("Dangling")));
    if (focused) this.chips.querySelector(`[data-kind=${focused}]`).focus();
  }

  filter() {
    const words = this.host.get("filter") ?? "";
    if (document.activeElement !== this.box) this.box.value = words;
    this.list.filter(document.activeElement === this.box ? this.box.value : words, this.kind);
  }

  // What is selected.

  choose() {
    const wanted = this.host.get("chosen") ?? [];
    const now = this.list.grid.selected;
    if (wanted.length !== now.size || wanted.some((key) => !now.has(key))) this.list.grid.choose(wanted);
  }

  selected(keys) {
    const known = this.host.get("chosen") ?? [];
    if (known.length !== keys.length || keys.some((key, i) => key !== known[i])) this.host.set("chosen", keys);
    this.chosen.hidden = !keys.length;
    this.plain.hidden = !this.chosen.hidden;
    if (!keys.length) return this.stop("plan");
    this.act(keys);
    if (keys.length === 1 && this.beside && this.list.node.contains(document.activeElement)) this.open(this.list.row(keys[0]));
  }

  act(keys) {
    const t = this.t;
    const one = keys.length === 1 && this.list.row(keys[0]);
    this.sum ??= make("span", { className: "nbdock-sum", role: "status" });
    this.sum.textContent = t("{n, one selected, # selected}", { n: keys.length });
    const tools = [
      button(t("Open"), () => this.open(one), { icon: "open", disabled: !one }),
      button(t("Tag"), () => this.tag(one), { icon: "tag", disabled: !one }),
      button(t("Push"), () => this.push(one), { icon: "push", disabled: !one || !one.tags.length }),
      button(t("Delete"), () => this.plan(keys), { icon: "delete", disabled: keys.every((key) => this.list.row(key)?.read_only) }),
    ];
    const clear = button(t("Clear the selection"), () => (this.list.grid.choose([]), this.list.grid.grid.focus()), { icon: "close", bare: true, look: "nbdock-plain" });
    this.chosen.replaceChildren(this.sum, make("span", { className: "nbdock-spring" }), ...tools, clear);
    this.price(keys);
  }

  price(keys) {
    const said = (found, count) => (this.sum.textContent = `${this.t("{n, one selected, # selected}", { n: count })} · ${this.t("frees {bytes}", { bytes: size(found.frees) })}`);
    this.pricing ??= debounced((asked) => this.ask("plan", { images: asked }, (found) => said(found, asked.length), () => {}), 150);
    this.pricing(keys);
  }

  // What there is.

  // At first what is in sight, then the rest; later on what changed.
  refresh() {
    const asked = { since: this.at, most: this.images.length ? 0 : FIRST };
    return this.ask("images", asked, (found) => this.fill(found));
  }

  fill(found) {
    const images = merged(this.images, found);
    const { at, counts, left, problems, store } = found;
    Object.assign(this, { images, at, counts, store });
    this.list.show(images, left > 0);
    this.filter();
    this.draw();
    if (left) this.refresh();
    else (this.choose(), this.weigh());
    for (const problem of problems) this.warn(problem);
    this.welcome(images.length === 0);
    const shown = this.shown && images.find((image) => image.id === this.shown);
    if (shown) this.detail.show(shown);
    else if (this.shown) this.shut();
  }

  // What is wrong with the store is said once.
  warn(problem) {
    this.warned ??= new Set();
    if (!this.warned.has(problem)) this.host.notice(problem, { tone: "error", seconds: 0 });
    this.warned.add(problem);
  }

  // Of many changes one after the other, what the last one came to.
  weigh() {
    this.sumUp(null);
    this.weighing ??= debounced(() => this.ask("usage", {}, (found) => this.sumUp(found), () => {}));
    this.weighing();
  }

  sumUp(usage) {
    const parts = [this.t("{n, one image, # images}", { n: this.counts.all })];
    if (usage) parts.push(this.t("{bytes} on disk", { bytes: size(usage.disk) }), this.t("{bytes} reclaimable", { bytes: size(usage.reclaimable) }));
    const text = parts.join(" · ");
    if (usage || !this.foot.textContent) this.foot.textContent = text;
    this.foot.title = this.t("In {store}", { store: plain(this.store ?? "") });
  }

  welcome(empty) {
    this.list.node.hidden = empty;
    this.empty.hidden = !empty;
    if (empty && !this.welcoming) {
      this.welcoming = this.own(new Welcome(this.host, { find: (name) => this.find(name) }));
      this.empty.append(this.welcoming.node);
    }
  }

  // One image, beside the list or in its place.

  get beside() {
    return this.node.clientWidth >= 900;
  }

  open(image) {
    if (!image) return;
    if (this.host.open) return this.host.open(image);
    const open = (id) => this.open(this.images.find((each) => each.id === id));
    this.detail ??= this.own(new Detail(this.host, { close: () => this.shut(true), actions: (row) => this.actions(row), remove: (names) => this.plan(names), open }));
    this.shown = image.id;
    this.place.hidden = false;
    this.place.replaceChildren(this.detail.node);
    this.node.dataset.open = "true";
    this.detail.show(image);
    if (!this.beside) this.detail.node.querySelector("button")?.focus();
  }

  shut(back = false) {
    this.shown = null;
    this.place.hidden = true;
    delete this.node.dataset.open;
    if (back) this.list.grid.grid.focus();
  }

  actions(image) {
    const t = this.t;
    return [
      button(t("Tag"), () => this.tag(image), { icon: "tag", look: "nbdock-plain" }),
      button(t("Push"), () => this.push(image), { icon: "push", look: "nbdock-plain", disabled: !image.tags.length }),
      button(t("Delete"), () => this.plan([image.id]), { icon: "delete", look: "nbdock-plain", disabled: image.read_only }),
    ];
  }

  // The sheet: one thing to do at a time, above the list.

  show(part) {
    this.lower();
    this.raised = part;
    const close = button(this.t("Close"), () => this.lower(true), { icon: "close", bare: true, look: "nbdock-plain nbdock-close", "data-escape": "" });
    this.sheet.replaceChildren(part.node, close);
    this.sheet.hidden = false;
    (part.focus ? part : (part.node.querySelector("input, button") ?? close)).focus();
  }

  lower(back = false) {
    if (!this.raised) return;
    const part = this.raised;
    this.raised = null;
    part.remove();
    this.sheet.hidden = true;
    if (back) (this.images.length ? this.list.grid.grid : this.box).focus();
  }

  plan(images) {
    this.show(new Plan(this.host, { images, closed: () => this.lower(true) }));
  }

  find(name = "") {
    this.show(new Finder(this.host, { name, done: () => this.lower(true), closed: () => this.lower(true) }));
  }

  tag(image) {
    const part = new Part(this.host, "nbdock-tagging");
    const name = field(this.t("New name"), { placeholder: "name:tag" });
    const done = (added) => (this.lower(true), this.host.notice(this.t("Added the tag {name}.", { name: added }), { seconds: 4 }));
    const add = () => part.ask("tag", { image: image.id, name: name.input.value.trim() }, done);
    part.node.append(make("h2", {}, this.t("Tag {name}", { name: called(image) })), form(add, make("div", { className: "nbdock-line" }, name.node, button(this.t("Add the tag"), add, { look: "nbdock-primary" }))));
    this.show(part);
  }

  push(image) {
    const part = new Part(this.host, "nbdock-tagging");
    const names = make("select", { className: "nbdock-input", ariaLabel: this.t("Name") }, ...image.tags.map((tag) => make("option", { value: tag }, plain(tag))));
    const push = () => part.ask("push", { reference: names.value }, () => this.lower(true));
    part.node.append(make("h2", {}, this.t("Push {name}", { name: called(image) })), form(push, make("div", { className: "nbdock-line" }, names, button(this.t("Push"), push, { look: "nbdock-primary" }))));
    this.show(part);
  }

  // What another part asks for: "open account", "open image", "open finder".
  asked({ about, reference, registry }) {
    if (about === "open account") this.show(new Account(this.host, { registry }));
    else if (about === "open finder") this.find(reference);
    else if (about === "open image") this.open(this.images.find((image) => image.tags.includes(reference) || image.id === reference));
  }
}

// The rows that are there, with what an answer says of them.
function merged(images, { whole, images: news, gone }) {
  const rows = new Map((whole ? [] : images).map((row) => [row.id, row]));
  for (const id of gone) rows.delete(id);
  for (const row of news) rows.set(row.id, row);
  return [...rows.values()];
}
