// What is installed in an image.

import { button, debounced, make } from "./dom.js";
import { Grid } from "./grid.js";
import { Subtab, problem, reading } from "./subtabs.js";
import { plain, size } from "./words.js";

export class PackagesTab extends Subtab {
  constructor(host, image, options) {
    super(host, image, "nbdock-packages", options);
    this.node.append(reading(this, image, this.t("Looking for packages…")));
    this.load("packages");
  }

  draw({ packages, steps, more, problems }) {
    this.packages = packages;
    this.steps = steps.map((step) => plain(step, 200));
    this.gone = false;
    const deleted = packages.filter((each) => each.deleted).length;
    this.words = make("input", { className: "nbdock-input", type: "search", placeholder: this.t("Filter packages"), ariaLabel: this.t("Filter packages"), on: { input: debounced(() => this.filter(), 80) } });
    this.count = make("span", { className: "nbdock-quiet nbdock-number", role: "status" });
    const toggle = deleted > 0 && button(this.t("{n, one deleted, # deleted}", { n: deleted }), () => {
      toggle.ariaPressed = this.gone = !this.gone;
      this.filter();
    }, { ariaPressed: "false", title: this.t("Packages that a later layer deleted or replaced: their bytes are still in the image") });
    this.grid = this.own(new Grid(this.host, { label: this.t("Packages"), columns: this.columns(), visible: 0, order: ["package", "ascending"], empty: this.t("No packages were found.") }));
    const notes = problems.map((message) => problem({ message }));
    if (more) notes.push(make("p", { className: "nbdock-quiet" }, this.t("{n, one more package is, # more packages are} not shown.", { n: more })));
    this.node.replaceChildren(make("div", { className: "nbdock-line" }, this.words, toggle, this.count), ...notes, this.grid.node);
    this.grid.show(packages);
    this.filter();
  }

  // Those that nothing is known for are left out.
  columns() {
    const columns = [
      { name: "package", title: this.t("Name"), width: "minmax(110px, 2fr)", value: (row) => plain(row.name), draw: (cell, row) => this.called(cell, row) },
      { name: "version", title: this.t("Version"), width: "minmax(72px, 1.4fr)", value: (row) => plain(row.version) },
      { name: "ecosystem", title: this.t("Type"), width: "72px", value: (row) => row.ecosystem },
      { name: "license", title: this.t("License"), width: "minmax(60px, 1fr)", least: 820, value: (row) => plain(row.license) },
      { name: "layer", title: this.t("Layer"), width: "minmax(80px, 2fr)", least: 560, value: (row) => row.layer, draw: (cell, row) => this.made(cell, row) },
      { name: "size", title: this.t("Size"), width: "84px", least: 420, value: (row) => row.size, draw: (cell, row) => (cell.textContent = size(row.size)) },
    ];
    return columns.filter(({ name }) => name === "package" || this.packages.some((row) => row[name] !== null && row[name] !== ""));
  }

  called(cell, row) {
    cell.title = plain(row.path);
    cell.append(make(row.deleted ? "s" : "span", {}, plain(row.name)));
  }

  made(cell, row) {
    cell.title = this.steps[row.layer] ?? "";
    cell.append(make("span", { className: "nbdock-quiet nbdock-number" }, `${row.layer + 1} `), cell.title);
  }

  filter() {
    const wanted = this.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (row) => `${row.name} ${row.version} ${row.ecosystem} ${row.path} ${row.license}`.toLowerCase();
    this.grid.filter((row) => (this.gone || !row.deleted) && wanted.every((word) => text(row).includes(word)));
    const [shown, all] = [this.grid.shown.length, this.packages.filter((row) => this.gone || !row.deleted).length];
    this.count.textContent = shown < all ? this.t("{shown} of {all}", { shown, all }) : this.t("{n, one package, # packages}", { n: all });
  }
}
