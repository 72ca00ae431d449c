// What a removal would do, before it does it: an image a row, what it frees, what is kept and for whom.

import { Part, button, debounced, field, make } from "./dom.js";
import { Grid } from "./grid.js";
import { plain, plainLines, size } from "./words.js";

const UNITS_OF_FREE = { MB: 1e6, GB: 1e9 };

// Options: `images` are ids or names to remove, or null to prune; `closed()`.
export class Plan extends Part {
  constructor(host, { images = null, closed }) {
    super(host, "nbdock-plan", { role: "group" });
    Object.assign(this, { images, closed, force: false, everything: false, free: 0 });
    this.title = make("h2", {}, this.t("Looking at what would be deleted…"));
    this.grid = this.own(new Grid(host, { label: this.t("What would be deleted"), columns: this.columns(), visible: 6, card: 62 }));
    this.refused = make("ul", { className: "nbdock-refused" });
    this.confirm = button(this.t("Delete"), () => this.execute(), { look: "nbdock-danger", disabled: true });
    this.keep = button(this.t("Keep"), () => this.closed(), { "data-escape": "" });
    this.node.append(this.title, ...(images ? [] : [this.choices()]), this.grid.node, this.refused, make("div", { className: "nbdock-line" }, this.keep, this.confirm));
    this.node.ariaLabel = images ? this.t("Delete images") : this.t("Prune images");
    this.look();
  }

  focus() {
    this.keep.focus();
  }

  columns() {
    const t = this.t;
    return [
      { name: "what", title: t("Image"), width: "minmax(8rem, 2fr)", draw: (cell, row) => this.what(cell, row), value: (row) => row.name, card: 1 },
      { name: "frees", title: t("Frees"), width: "80px", draw: (cell, row) => cell.append(make("span", { className: "nbdock-number" }, size(row.frees))), value: (row) => row.frees, card: 1 },
      { name: "kept", title: t("Kept"), width: "minmax(7rem, 2fr)", draw: (cell, row) => this.kept(cell, row), card: 2 },
    ];
  }

  what(cell, row) {
    const names = row.names.filter((name) => !name.includes("@") || row.names.length === 1);
    cell.title = plainLines(row.names.join("\n"));
    const rest = names.length - 1;
    cell.append(make("b", {}, plain(names[0] ?? row.name)), rest > 0 ? make("span", { className: "nbdock-pill nbdock-quiet" }, `+${rest}`) : "");
    if (!row.deleted) cell.append(make("span", { className: "nbdock-pill nbdock-quiet" }, this.t("name only")));
  }

  kept(cell, row) {
    if (!row.kept) return;
    const names = [...row.for.map((name) => plain(name)), ...(row.more ? [`+${row.more}`] : [])].join(", ");
    cell.className += " nbdock-quiet";
    cell.textContent = names ? this.t("{bytes} for {names}", { bytes: size(row.kept), names }) : size(row.kept);
    cell.title = cell.textContent;
  }

  // What to prune: dangling images, all unused ones, or as few as free so many bytes.
  choices() {
    const kind = `nbdock-prune-${Math.random().toString(36).slice(2)}`;
    const radio = (text, act, checked = false) => make("label", { className: "nbdock-choice" }, make("input", { type: "radio", name: kind, checked, on: { change: act } }), text);
    const amount = field(this.t("at least"), { type: "number", min: "0.1", step: "any", value: "1", ariaLabel: this.t("How much to free") });
    const unit = make("select", { className: "nbdock-input", ariaLabel: this.t("Unit") }, ...Object.keys(UNITS_OF_FREE).map((name) => make("option", { value: name, selected: name === "GB" }, name)));
    const set = (everything, free) => (Object.assign(this, { everything, free }), this.look());
    const bytes = () => Math.max(1, Math.round(Number(amount.input.value || 0) * UNITS_OF_FREE[unit.value]));
    const freeing = radio(this.t("Free"), () => set(false, bytes()));
    const again = debounced(() => ((freeing.firstChild.checked = true), set(false, bytes())));
    for (const node of [amount.input, unit]) node.addEventListener("input", again);
    return make("div", { className: "nbdock-line", role: "radiogroup", ariaLabel: this.t("What to prune") }, radio(this.t("Dangling images"), () => set(false, 0), true), radio(this.t("All unused images"), () => set(true, 0)), make("span", { className: "nbdock-line" }, freeing, amount.node, unit));
  }

  get asked() {
    return this.images ? { images: this.images, force: this.force } : { everything: this.everything, free: this.free };
  }

  look() {
    this.confirm.disabled = true;
    this.ask(this.images ? "plan" : "prune_plan", this.asked, (found) => this.show(found), (error) => this.fail(error));
  }

  show({ rows, frees, others, refused }) {
    const count = rows.length;
    this.title.textContent = this.headline(count, others);
    this.grid.show(rows);
    this.refused.replaceChildren(...refused.map((each) => this.refusal(each)));
    this.confirm.lastChild.textContent = frees ? this.t("Delete, freeing {bytes}", { bytes: size(frees) }) : this.t("Delete");
    this.confirm.disabled = !count && !others;
  }

  headline(count, others) {
    if (count) return this.images ? this.t("Delete {n, one image, # images}?", { n: count }) : this.t("Prune {n, one image, # images}?", { n: count });
    return others ? this.t("Delete what no image needs any more?") : this.t("There is nothing to delete.");
  }

  // Why something stays, with the way to do it all the same beside it.
  refusal({ message, in_use }) {
    const force = () => ((this.force = true), this.look(), this.focus());
    const remedy = in_use && !this.force ? button(this.t("Delete all the same"), force, { look: "nbdock-plain" }) : "";
    return make("li", {}, make("span", {}, plain(message)), remedy);
  }

  fail(error) {
    this.title.textContent = this.headline(0, 0);
    this.grid.show([]);
    this.refused.replaceChildren(make("li", {}, plain([error.message, error.hint].filter(Boolean).join(": "))));
  }

  execute() {
    this.confirm.disabled = true;
    this.title.textContent = this.t("Deleting…");
    this.ask(this.images ? "remove" : "prune", this.asked, () => this.closed(), (error) => this.fail(error));
  }
}
