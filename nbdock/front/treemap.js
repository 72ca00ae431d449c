// A folder as boxes in proportion to their bytes. The back end lays them out; one of them can be reached by Tab, the others
// by the arrow keys.

import { Part, debounced, make, rove } from "./dom.js";
import { plain, size } from "./words.js";

const STEP = 20; // pixels: what is a little wider is not laid out anew
const LABEL = { width: 36, height: 15 };

// `asked()` is what the question is about, `pick(box)` is called for the box that is clicked.
export class Treemap extends Part {
  constructor(host, options) {
    super(host, "nbdock-treemap");
    Object.assign(this, options);
    this.folder = 0;
    this.map = make("div", { className: "nbdock-map", role: "group", ariaLabel: this.t("Treemap"), on: { keydown: (event) => rove(event, this.nodes ?? []) } });
    this.said = make("p", { className: "nbdock-quiet nbdock-tells" });
    this.node.append(this.map, this.said);
    this.again = debounced(() => this.draw(), 120);
    const observer = new ResizeObserver(() => this.resized());
    observer.observe(this.map);
    this.own(() => observer.disconnect());
  }

  // Shows a folder, and marks what is active in it.
  show(folder, active) {
    this.active = active;
    if (folder !== this.folder) {
      this.folder = folder;
      this.again();
    } else this.mark();
  }

  get area() {
    return [this.map.clientWidth, this.map.clientHeight].map((length) => Math.floor(length / STEP) * STEP);
  }

  resized() {
    if (this.area.join() !== this.drawn && this.ready) this.again();
  }

  draw() {
    this.ready = true;
    const [width, height] = this.area;
    if (!width || !height) return;
    this.drawn = this.area.join();
    this.ask("boxes", { ...this.asked(), node: this.folder, width, height }, (boxes) => this.fill(boxes, width, height), (error) => this.tell(error.message));
  }

  fill(boxes, width, height) {
    const had = this.map.contains(document.activeElement);
    this.boxes = boxes;
    this.nodes = boxes.map((box, at) => this.box(box, at, width, height));
    this.map.replaceChildren(...this.nodes);
    this.mark();
    this.tell(boxes.length ? "" : this.t("Nothing with bytes here."));
    if (had) (this.nodes.find((node) => node.tabIndex === 0) ?? this.map).focus();
  }

  box(box, at, width, height) {
    const [x, y, wide, high] = box.area;
    const percent = (value, whole) => `${(100 * value) / whole}%`;
    const style = { left: percent(x, width), top: percent(y, height), width: percent(wide, width), height: percent(high, height) };
    const fits = box.label && wide >= LABEL.width && high >= LABEL.height;
    const bytes = fits && !box.folder && high >= 2 * LABEL.height ? make("small", {}, size(box.size)) : "";
    const events = { click: () => this.pick(box), pointerenter: () => this.tell(this.words(box)), focus: () => this.tell(this.words(box)), pointerleave: () => this.tell("") };
    return make(
      "button",
      { type: "button", className: `nbdock-tile${box.folder ? " nbdock-around" : ""}`, tabIndex: at ? -1 : 0, ariaLabel: this.words(box), data: { colour: box.folder ? "" : this.colour(box.group) }, style, on: events },
      fits ? [make("span", {}, box.folder ? `${plain(box.label)} ${size(box.size)}` : plain(box.label)), bytes] : [],
    );
  }

  words(box) {
    const files = box.files > 1 ? this.t("{n, one file, # files}", { n: box.files }) : "";
    return [plain(box.path), size(box.size), files, box.group >= 0 ? this.named(box.group) : ""].filter(Boolean).join(", ");
  }

  tell(text) {
    this.said.textContent = text;
  }

  // The active box has an outline; it is the one that Tab reaches.
  mark() {
    const found = this.boxes?.findIndex((box) => box.node === this.active) ?? -1;
    this.nodes?.forEach((node, at) => {
      node.classList.toggle("nbdock-active", at === found);
      node.tabIndex = at === Math.max(0, found) ? 0 : -1;
    });
  }
}
