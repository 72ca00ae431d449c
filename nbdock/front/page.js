// What the application needs of the page that it is shown in: its keys are its own, Escape closes what is open, the
// focus is never lost, and where what is behind it has ended it says so.

import { make } from "./dom.js";

const SILENT = "lmSuppressShortcuts"; // no key pressed here is one of JupyterLab's commands
const START = "[role=grid], [role=treegrid], input, button"; // has the focus where nothing that had it is left
const seen = (node) => node.getClientRects().length > 0;
const usable = (node) => node.isConnected && !node.disabled && !node.closest("[inert]") && seen(node);

export class Page {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.trail = []; // what had the focus, latest last
    this.ends = [];
    root.dataset[SILENT] = "true";
    root.tabIndex = -1; // a click beside a button leaves the focus here, not in the notebook
    this.on(root, "keydown", (event) => this.key(event));
    this.on(root, "focusin", (event) => this.remember(event.target));
    this.on(document, "focusin", (event) => (this.inside = root.contains(event.target)));
    this.on(document, "pointerdown", (event) => (this.inside = root.contains(event.target)));
    this.observer = new MutationObserver(() => requestAnimationFrame(() => this.changed()));
    this.observer.observe(root, { subtree: true, childList: true, attributeFilter: ["class", "style", "disabled", "hidden", "inert"] });
  }

  on(node, name, listener) {
    node.addEventListener(name, listener);
    this.ends.push(() => node.removeEventListener(name, listener));
  }

  remove() {
    this.observer.disconnect();
    for (const end of this.ends) end();
  }

  // Escape presses the nearest button that closes something (`data-escape`).
  key(event) {
    if (event.defaultPrevented || event.isComposing || event.key !== "Escape") return;
    for (let around = event.target; around && this.root.contains(around); around = around.parentElement) {
      const found = [...around.querySelectorAll("[data-escape]")].find(usable);
      if (found) {
        event.preventDefault();
        event.stopPropagation();
        return found.click();
      }
    }
  }

  // JupyterLab looks for the attribute from the focused element upwards, only as far as the first that a shortcut is for.
  remember(node) {
    if (node === this.root) return;
    node.dataset[SILENT] = "true";
    this.trail = [...this.trail.filter((each) => each !== node && each.isConnected).slice(-20), node];
  }

  // What is behind the page has ended, or is there again.
  end(ended) {
    if (ended && !this.notice) this.say();
    for (const each of this.root.children) if (each !== this.notice) each.inert = ended;
    if (!ended) this.notice = this.notice?.remove();
  }

  changed() {
    const focused = document.activeElement;
    const lost = focused === document.body || (this.root.contains(focused) && focused !== this.root && !usable(focused));
    if (this.inside && lost) this.refuge().focus({ preventScroll: true });
  }

  refuge() {
    return this.trail.findLast(usable) ?? [...this.root.querySelectorAll(START)].find(usable) ?? this.root;
  }

  say() {
    const text = this.host.t("The kernel behind this has ended: run the cell again.");
    this.notice = make("p", { className: "nbdock-gone", role: "status" });
    this.root.prepend(this.notice);
    this.notice.textContent = text; // after it is in the page, so that it is announced
  }
}
