// How far something is: a bar, the bytes, the rate and the time left. Pulls, loads and the reading of layers show the same.

import { Part, icon, make } from "./dom.js";
import { size } from "./words.js";

export class Meter {
  constructor(host) {
    this.host = host;
    this.bar = make("span", { className: "nbdock-bar nbdock-progress", role: "progressbar", ariaValueMin: 0, ariaValueMax: 100 }, make("span"));
    this.bytes = make("span", { className: "nbdock-quiet nbdock-number nbdock-bytes" });
    this.text = make("span", { className: "nbdock-how nbdock-number" });
  }

  get nodes() {
    return [this.bar, this.bytes, this.text];
  }

  show({ done = 0, total = 0 }, label, text) {
    const percent = total ? Math.floor((100 * done) / total) : 0;
    this.bar.firstChild.style.width = `${percent}%`;
    this.bar.ariaLabel = label;
    if (Number(this.bar.ariaValueNow) !== percent || this.bar.ariaValueNow === null) this.bar.ariaValueNow = percent;
    setText(this.bytes, total ? this.host.t("{done} of {total}", { done: size(done), total: size(total) }) : "");
    setText(this.text, text);
  }
}

// What the back end does for a page, and once it is told, how far it is. One that is `late` is not shown before that.
export class Underway extends Part {
  constructor(host, text, about, { late = false } = {}) {
    super(host, "nbdock-line nbdock-underway", { hidden: late });
    this.meter = new Meter(host);
    this.node.append(icon("wait"), make("span", { role: "status" }, text), ...this.meter.nodes);
    this.moves(false);
    this.hear(about, (message) => this.told(message, text, late));
  }

  told({ gone, ...facts }, text, late) {
    const moves = !gone && facts.total > 0;
    if (late) this.node.hidden = !moves;
    this.moves(moves);
    if (moves) this.meter.show(facts, text, pace(this.host, facts));
  }

  moves(moving) {
    for (const node of this.meter.nodes) node.hidden = !moving;
  }
}

// "12.3MB/s · 8 seconds left"
export function pace(host, { rate, left }) {
  return [rate ? `${size(rate)}/s` : "", left ? host.t("{time} left", { time: host.duration(left) }) : ""].filter(Boolean).join(" · ");
}

// Text that is the same is not set again: a page that shows thirty pulls has enough to do.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
