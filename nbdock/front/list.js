// The list of images: one row an image, with its tags, what it shares, and what can be done with it.

import { Part, button, copy, make } from "./dom.js";
import { Grid } from "./grid.js";
import { plain, plainLines, size, time } from "./words.js";

const MOST_TAGS = 3;

// What the chips above the list choose.
const KINDS = {
  all: () => true,
  used: (image) => image.containers.length > 0,
  unused: (image) => image.containers.length === 0,
  dangling: (image) => image.dangling,
};

// A name as it is shown: what the row is called by.
export function called(image) {
  return plain(image.tags[0] ?? image.digests[0] ?? image.id.slice(7, 19));
}

// What the words of the filter are looked for in.
function searched(image) {
  return [image.id, ...image.tags, ...image.digests, image.platform, ...image.containers].join(" ").toLowerCase();
}

// Options: `select(keys)`, `open(image)`, `remove(keys)`.
export class List extends Part {
  constructor(host, { select, open, remove }) {
    super(host, "nbdock-list");
    this.kind = "all";
    this.words = [];
    this.texts = new WeakMap();
    this.erase = remove;
    this.grid = this.own(
      new Grid(host, {
        label: this.t("Images"),
        columns: this.columns(),
        multiple: true,
        visible: 0,
        order: ["created", "descending"],
        empty: "",
        named: called,
        menu: (image) => this.menu(image),
        select,
        open,
        erase: remove,
      }),
    );
    this.open = open;
    this.node.append(this.grid.node);
    const ageing = setInterval(() => this.grow(), 20_000);
    this.own(() => clearInterval(ageing));
  }

  columns() {
    const t = this.t;
    return [
      { name: "name", title: t("Image"), width: "minmax(9rem, 1fr)", value: (image) => image.tags[0] ?? image.digests[0] ?? image.id, draw: (cell, image) => this.name(cell, image), card: 1 },
      { name: "platform", title: t("Platform"), width: "108px", value: (image) => image.platform, least: 820 },
      { name: "created", title: t("Created"), width: "112px", value: (image) => image.created, draw: (cell, image) => this.age(cell, image.created), least: 560, card: 2 },
      { name: "pulled", title: t("Pulled"), width: "112px", value: (image) => image.pulled, draw: (cell, image) => this.age(cell, image.pulled), least: 1000 },
      { name: "used", title: t("In use by"), width: "112px", value: (image) => image.containers.join(", "), draw: (cell, image) => this.users(cell, image), least: 700 },
      { name: "size", title: t("Size"), width: "104px", value: (image) => image.size, draw: (cell, image) => this.size(cell, image), card: 1 },
    ];
  }

  name(cell, image) {
    const shown = image.tags.slice(0, MOST_TAGS).map((tag) => this.pill(image, tag));
    const more = image.tags.length - shown.length;
    cell.title = plainLines(([...image.tags, ...image.digests].join("\n") || image.id).slice(0, 2000));
    const quiet = (text) => make("span", { className: "nbdock-pill nbdock-quiet" }, text);
    if (more > 0) shown.push(quiet(`+${more}`));
    if (image.dangling) shown.push(quiet(this.t("dangling")));
    if (image.read_only) shown.push(quiet(this.t("read-only")));
    cell.append(image.name ? make("b", {}, plain(image.name)) : make("code", {}, image.id.slice(7, 19)), ...shown);
  }

  pill(image, tag) {
    const own = image.name && tag.startsWith(`${image.name}:`);
    return make("span", { className: "nbdock-pill" }, plain(own ? tag.slice(image.name.length + 1) : tag));
  }

  age(cell, seconds) {
    cell.title = time(seconds);
    cell.dataset.time = seconds ?? "";
    cell.append(make("span", { className: "nbdock-age" }, this.host.age(seconds)));
  }

  users(cell, image) {
    cell.textContent = image.containers.length ? plain(image.containers.join(", ")) : "";
    cell.title = cell.textContent;
  }

  size(cell, image) {
    const share = (bytes) => `${(100 * bytes) / this.largest}%`;
    const own = image.size - image.shared;
    cell.title = this.t("{bytes} bytes, of which {shared} are shared with other images", { bytes: image.size, shared: size(image.shared) });
    cell.append(
      make("span", { className: "nbdock-number" }, size(image.size)),
      make(
        "span",
        { className: "nbdock-bar", "aria-hidden": "true" },
        make("span", { style: { "inset-inline-start": "0", width: share(own) } }),
        make("span", { className: "nbdock-pale", style: { "inset-inline-start": share(own), width: share(image.shared) } }),
      ),
    );
  }

  menu(image) {
    const name = called(image);
    const said = (text, act) => () => act().then(() => this.host.notice(text, { seconds: 3 }));
    const one = (text, drawn, act) => button(text, act, { icon: drawn, bare: true, look: "nbdock-plain", tabIndex: -1 });
    return [
      one(this.t("Open {name}", { name }), "open", () => this.open(image)),
      one(this.t("Copy the name {name}", { name }), "copy", said(this.t("Copied {text}", { text: name }), () => copy(image.tags[0] ?? image.id))),
      one(this.t("Copy the digest of {name}", { name }), "digest", said(this.t("Copied the digest of {name}", { name }), () => copy(image.digests[0] ?? image.id))),
      ...(image.read_only ? [] : [one(this.t("Delete {name}", { name }), "delete", () => this.erase([image.id]))]),
    ];
  }

  show(images, more) {
    this.images = images;
    this.largest = Math.max(1, ...images.map((image) => image.size));
    for (const image of images) if (!this.texts.has(image)) this.texts.set(image, searched(image));
    this.grid.show(images, more);
  }

  filter(words, kind) {
    this.words = words.toLowerCase().split(/\s+/).filter(Boolean);
    this.kind = kind;
    const passes = KINDS[kind];
    this.grid.filter((image) => passes(image) && this.words.every((word) => this.texts.get(image).includes(word)));
  }

  row(key) {
    return this.images?.find((image) => image.id === key);
  }

  // Ages grow while one looks on.
  grow() {
    for (const cell of this.node.querySelectorAll("[data-time]")) {
      const shown = cell.querySelector(".nbdock-age");
      const text = this.host.age(cell.dataset.time === "" ? null : Number(cell.dataset.time));
      if (shown.textContent !== text) shown.textContent = text;
    }
  }
}
