// What is in an archive of images, or in an OCI layout, that the file browser shows; and loading it.

import { Part, button, make } from "./dom.js";
import { Grid } from "./grid.js";
import { Underway } from "./meter.js";
import { plain, size } from "./words.js";

export class Archive extends Part {
  constructor(host, path) {
    super(host, "nbdock-archive");
    this.path = path;
    this.grid = this.own(new Grid(host, { label: this.t("Images of the archive"), columns: this.columns(), keyOf: (row) => row.key, multiple: true, visible: 0, empty: this.t("No image is in it."), named: (row) => this.called(row), select: () => this.draw() }));
    this.said = make("p", { className: "nbdock-quiet", role: "status" });
    this.load = button("", () => this.bring(), { look: "nbdock-primary" });
    this.cancel = button(this.t("Cancel"), () => this.stopped(), { hidden: true, "data-escape": "" });
    this.node.append(make("h2", {}, plain(path.split("/").at(-1) || path)), make("div", { className: "nbdock-line" }, this.load, this.cancel, this.said), this.own(new Underway(host, this.t("Loading…"), `load ${path}`, { late: true })).node, this.grid.node);
    this.hear("store", () => this.loading || this.look());
    this.look();
  }

  columns() {
    const t = this.t;
    return [
      { name: "name", title: t("Image"), width: "minmax(9rem, 1fr)", value: (row) => this.called(row), draw: (cell, row) => ((cell.title = row.digest), cell.append(make("b", {}, this.called(row)))), card: 1 },
      { name: "platform", title: t("Platforms"), width: "minmax(8rem, 1fr)", value: (row) => plain(row.platforms.join(", ")), card: 2 },
      { name: "here", title: t("Here"), width: "80px", value: (row) => (row.here ? t("here") : ""), least: 560 },
      { name: "size", title: t("Compressed"), width: "112px", value: (row) => row.size, draw: (cell, row) => (cell.textContent = size(row.size)), card: 1 },
    ];
  }

  called(row) {
    return plain(row.name) || row.digest.slice(7, 19);
  }

  look() {
    this.busy(this.t("Reading the archive…"));
    this.ask("archive", { path: this.path }, (rows) => this.show(rows), (error) => this.failed(error));
  }

  show(rows) {
    this.grid.node.hidden = false;
    this.grid.show(rows);
    this.busy("");
  }

  bring() {
    this.loading = true;
    this.busy(this.t("Loading…"));
    this.ask("load", { path: this.path, images: [...this.grid.selected] }, (names) => this.brought(names), (error) => this.failed(error));
  }

  brought(names) {
    this.loading = false;
    this.host.notice(this.t("Loaded {names}.", { names: plain(names.join(", ")) }), { tone: "good" });
    this.look();
  }

  stopped() {
    this.stop("archive");
    this.stop("load");
    this.loading = false;
    this.busy("");
    this.said.textContent = this.t("Cancelled.");
  }

  failed(error) {
    this.loading = false;
    this.busy("");
    this.grid.node.hidden = !this.grid.rows.length;
    this.said.textContent = plain([error.message, error.hint].filter(Boolean).join(": "), 1000);
    this.said.dataset.tone = "error";
  }

  busy(text) {
    this.said.textContent = text;
    this.said.dataset.tone = "";
    this.cancel.hidden = !text;
    this.draw(Boolean(text));
  }

  draw(busy = false) {
    const n = this.grid.selected.size;
    this.load.lastChild.textContent = n ? this.t("Load {n, one image, # images}", { n }) : this.t("Load all");
    this.load.disabled = busy || !this.grid.rows.length;
  }
}
