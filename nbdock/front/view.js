// A part of the application as a widget of JupyterLab's: in the side bar, in a tab. It is made when it is first seen, so
// that it costs nothing before.

import { make } from "./dom.js";
import { Page } from "./page.js";

export class View {
  // `build(host)` gives the part, or a promise of it.
  constructor({ Widget }, server, host, build) {
    Object.assign(this, { server, host, build });
    this.widget = new Widget();
    this.widget.addClass("nbdock-panel");
    this.root = make("div", { className: "nbdock tex2jax_ignore mathjax_ignore" });
    this.gone = make("p", { className: "nbdock-gone", role: "status" });
    this.widget.node.append(this.root);
    this.widget.onActivateRequest = () => this.ready().then(() => this.focus());
    this.widget.disposed.connect(() => this.remove());
    this.ends = [host.hear("connection", ({ open }) => this.connected(open))];
    this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting && this.ready());
    this.seen.observe(this.widget.node);
  }

  ready() {
    this.made ??= this.fill();
    return this.made;
  }

  async fill() {
    this.seen.disconnect();
    const part = await this.build(this.host);
    if (this.widget.isDisposed) return part.remove();
    this.part = part;
    this.root.append(this.gone, part.node);
    const page = new Page(this.root, this.host);
    this.ends.push(() => page.remove(), () => part.remove());
    if (this.server.open === false) this.connected(false);
    return part;
  }

  focus() {
    if (!this.root.contains(document.activeElement)) (this.root.querySelector("input, [role=grid], [role=treegrid], button") ?? this.root).focus();
  }

  connected(open) {
    this.gone.textContent = open ? "" : this.host.t("The Jupyter server does not answer. Trying again…");
  }

  remove() {
    this.seen.disconnect();
    for (const end of this.ends.splice(0).reverse()) end();
  }
}
