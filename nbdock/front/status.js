// What goes on, in JupyterLab's status bar: there only while pulls and pushes run.

import { make } from "./dom.js";
import { plain } from "./words.js";

export class Status {
  constructor({ Widget, Signal }, host, show) {
    Object.assign(this, { host, pulls: new Map() });
    this.button = make("button", { type: "button", className: "nbdock-status-item", on: { click: show } });
    this.item = new Widget();
    this.item.node.append(this.button);
    this.changed = new Signal(this);
    this.end = host.hear("pull", (pull) => this.pull(pull));
  }

  pull({ about, gone, state, ...pull }) {
    if (gone || !["waiting", "pulling"].includes(state)) this.pulls.delete(about);
    else this.pulls.set(about, pull);
    this.button.textContent = this.line;
    this.changed.emit();
  }

  get line() {
    const running = [...this.pulls.values()];
    const sum = (name) => running.reduce((all, pull) => all + (pull[name] ?? 0), 0);
    const percent = Math.floor((100 * sum("done")) / (sum("total") || 1));
    if (!running.length) return "";
    const name = running.length > 1 ? this.host.t("{n, one image, # images}", { n: running.length }) : plain(running[0].reference, 60);
    const pushing = running.every(({ verb }) => verb === "push");
    return pushing ? this.host.t("Pushing {name}: {percent}%", { name, percent }) : this.host.t("Pulling {name}: {percent}%", { name, percent });
  }

  options() {
    return { item: this.item, align: "left", rank: 50, isActive: () => this.pulls.size > 0, activeStateChanged: this.changed };
  }

  remove() {
    this.end();
    this.item.dispose();
  }
}
