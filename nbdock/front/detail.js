// One image: what it is called, how large it is, and in its sub-tabs what is in it.

import { Part, button, make } from "./dom.js";
import { Explorer } from "./explorer.js";
import { ConfigTab, JsonTab, TagsTab, UsersTab } from "./facts.js";
import { LayersTab } from "./layers.js";
import { PackagesTab } from "./packages.js";
import { digest } from "./subtabs.js";
import { plain, size, time } from "./words.js";

const FEW_TAGS = 4;
const AGEING = 30_000;
let details = 0;

// Options, all of them optional: `close()` for a button that closes it; `actions(row)` gives buttons for the header;
// `remove(names)` plans to remove names; `open(id)` shows another image.
export class Detail extends Part {
  constructor(host, options = {}) {
    super(host, "nbdock-detail", { role: "region" });
    this.options = options;
    this.id = `nbdock-detail-${++details}`;
    this.chosen = "layers";
    this.head = make("div", { className: "nbdock-image-about" });
    this.bar = make("div", { className: "nbdock-tabs", role: "tablist", ariaLabel: this.t("About this image"), on: { keydown: (event) => this.key(event) } });
    this.body = make("div", { role: "tabpanel", id: `${this.id}-panel`, tabIndex: 0 });
    this.node.append(this.head, this.bar, this.body);
    const ageing = setInterval(() => this.row && this.age(), AGEING);
    this.own(() => clearInterval(ageing));
    this.own(() => this.panel?.remove());
  }

  // Shows an image, a row of the list. The sub-tab stays; of the same image its state does too.
  show(row) {
    if (JSON.stringify(row) === JSON.stringify(this.row)) return;
    const same = this.row?.id === row.id;
    this.row = row;
    this.node.ariaLabel = this.name;
    this.heading();
    this.tabs();
    if (!same) this.choose(this.chosen);
  }

  get name() {
    return plain(this.row.name) || this.t("Image without a name");
  }

  // The header.

  heading() {
    const close = this.options.close && button(this.t("Close"), () => this.options.close(), { look: "nbdock-plain", icon: "close", bare: true, "data-escape": "" });
    const acts = make("div", { className: "nbdock-image-acts" }, this.options.actions?.(this.row) ?? [], close);
    const title = make("div", { className: "nbdock-line" }, make("h2", {}, this.name), this.pills());
    this.created = make("span");
    this.head.replaceChildren(make("div", { className: "nbdock-image-title" }, title, acts), this.facts());
    this.age();
  }

  pills() {
    const start = `${this.row.name}:`;
    const words = this.row.tags.map((tag) => plain(tag.startsWith(start) ? tag.slice(start.length) : tag, 60));
    const pills = words.slice(0, FEW_TAGS).map((word) => make("span", { className: "nbdock-pill" }, word));
    const more = words.length - FEW_TAGS;
    if (more > 0) pills.push(button(`+${more}`, () => this.choose("tags", true), { look: "nbdock-pill", title: words.slice(FEW_TAGS, 40).join("\n"), ariaLabel: this.t("{n, one more tag, # more tags}", { n: more }) }));
    if (!words.length) pills.push(make("span", { className: "nbdock-pill nbdock-quiet" }, this.t("no tag")));
    return pills;
  }

  facts() {
    const { platform, size: bytes, shared, id, digests } = this.row;
    const known = digests[0]?.split("@")[1];
    return make(
      "p",
      { className: "nbdock-line nbdock-quiet nbdock-image-facts" },
      make("span", {}, plain(platform)),
      make("span", { className: "nbdock-number", title: shared ? this.t("{bytes} shared with other images", { bytes: size(shared) }) : "" }, size(bytes)),
      this.created,
      make("span", {}, this.t("ID"), " ", digest(this.host, this.t("Copy the image id"), id)),
      known && make("span", {}, this.t("Digest"), " ", digest(this.host, this.t("Copy the digest"), known)),
    );
  }

  age() {
    const { created } = this.row;
    this.created.textContent = created === null ? "" : this.t("created {age}", { age: this.host.age(created) });
    this.created.title = time(created);
    this.created.hidden = created === null;
  }

  // The sub-tabs, of which only the chosen one is in the page.

  get panels() {
    const [host, row] = [this.host, this.row];
    const { open, remove } = this.options;
    return {
      layers: [this.t("Layers"), () => new LayersTab(host, row, { choose: (layer) => this.files(layer) }), row.layers],
      files: [this.t("Files"), () => new Explorer(host, row)],
      packages: [this.t("Packages"), () => new PackagesTab(host, row)],
      config: [this.t("Config"), () => new ConfigTab(host, row)],
      tags: [this.t("Tags"), () => new TagsTab(host, row, { remove }), row.tags.length],
      users: [this.t("Used by"), () => new UsersTab(host, row, { open }), row.containers.length],
      json: [this.t("JSON"), () => new JsonTab(host, row)],
    };
  }

  tabs() {
    const focused = this.bar.contains(document.activeElement);
    const made = Object.entries(this.panels).map(([name, [title, , count]]) => {
      const properties = { role: "tab", id: `${this.id}-${name}`, "aria-controls": `${this.id}-panel`, data: { name } };
      const tab = button(title, () => this.choose(name), { look: "nbdock-tab", ...properties });
      if (count) tab.append(make("span", { className: "nbdock-count" }, count.toLocaleString()));
      return tab;
    });
    this.bar.replaceChildren(...made);
    this.mark(focused);
  }

  mark(focus = false) {
    for (const tab of this.bar.children) {
      const chosen = tab.dataset.name === this.chosen;
      tab.ariaSelected = chosen;
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.body.setAttribute("aria-labelledby", tab.id);
      if (chosen && focus) tab.focus();
    }
  }

  choose(name, focus = false) {
    this.chosen = name;
    this.mark(focus);
    this.panel?.remove();
    this.panel = this.panels[name][1]();
    this.body.replaceChildren(this.panel.node);
  }

  files(layer) {
    this.choose("files", true);
    this.panel.showLayer(layer);
  }

  key(event) {
    const names = [...this.bar.children].map((tab) => tab.dataset.name);
    const at = names.indexOf(this.chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(names.at(to % names.length), true);
  }
}
