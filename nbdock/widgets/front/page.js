// What widgets need of the page that they are shown in: their keys are theirs, Enter and Escape press the buttons that
// people expect, the focus is never lost, and without a kernel they say so. Unseen, inside of the widgets it serves.

const TYPED = "input:not([type=checkbox])";
const SILENT = "data-lm-suppress-shortcuts"; // no key pressed here is one of JupyterLab's commands
const START = ".nbdock-grid, [role=tab]"; // has the focus where nothing that had it is left
const seen = (node) => node.getClientRects().length > 0;
const usable = (node) => node.isConnected && !node.disabled && seen(node);

class Page {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.trail = []; // what had the focus, latest last
    root.setAttribute(SILENT, "true");
    root.tabIndex = -1; // a click beside a button leaves the focus here, not in the notebook
    this.on(root, "keydown", (event) => event.target.matches(TYPED) && this.key(event), true); // Text lets none through
    this.on(root, "keydown", (event) => event.target.matches(TYPED) || this.key(event));
    model.on("msg:custom", () => this.answered());
    this.on(root, "focusin", (event) => this.remember(event.target));
    this.on(document, "focusin", (event) => (this.inside = root.contains(event.target)));
    this.on(document, "pointerdown", (event) => (this.inside = root.contains(event.target)));
    this.observer = new MutationObserver(() => requestAnimationFrame(() => this.changed()));
    this.observer.observe(root, { subtree: true, childList: true, attributeFilter: ["class", "style", "disabled", "hidden"] });
    this.changed();
  }

  on(node, name, listener, first = false) {
    node.addEventListener(name, listener, first);
    (this.ends ??= []).push(() => node.removeEventListener(name, listener, first));
  }

  remove() {
    this.observer.disconnect();
    for (const end of this.ends) end();
  }

  // The nearest button of this kind around a node.

  button(kind, from) {
    for (let around = from; around && this.root.contains(around); around = around.parentElement) {
      const found = [...around.querySelectorAll(kind)].find(usable);
      if (found) return found;
    }
    return null;
  }

  key(event) {
    const { key, target, defaultPrevented, isComposing } = event;
    if (defaultPrevented || isComposing || (key === "Escape" && target.type === "search" && target.value)) return;
    const form = key === "Enter" && target.matches(TYPED) && target.closest(".nbdock-form");
    const button = form ? this.button(".mod-primary", target) : key === "Escape" ? this.button(".nbdock-cancel", target) : null;
    if (!button) return;
    event.preventDefault(); // JupyterLab lets no Enter through to a form
    if (form) this.once(() => button.click());
    else button.click();
  }

  // ipywidgets sends what is typed later than a click: once the kernel has answered, it has all of it.

  once(act) {
    this.waiting = act;
    this.model.send({});
  }

  answered() {
    const act = this.waiting;
    this.waiting = null;
    act?.();
  }

  // JupyterLab looks for the attribute from the focused element upwards, only as far as the first that a shortcut is for.

  remember(node) {
    if (node === this.root) return;
    node.setAttribute(SILENT, "true");
    this.trail = [...this.trail.filter((each) => each !== node && each.isConnected), node];
  }

  changed() {
    const gone = this.root.matches(".jupyter-widgets-disconnected");
    if (gone && !this.notice) this.say();
    for (const each of this.root.children) if (each !== this.notice) each.inert = gone;
    if (!gone) this.notice = this.notice?.remove();
    const focused = document.activeElement;
    const lost = focused === document.body || (this.root.contains(focused) && !usable(focused));
    if (this.inside && lost) (this.trail.findLast(usable) ?? this.button(START, this.root) ?? this.root).focus({ preventScroll: true });
  }

  say() {
    this.notice = document.createElement("p");
    this.notice.className = "nbdock-gone";
    this.notice.setAttribute("role", "status");
    this.root.prepend(this.notice);
    this.notice.textContent = this.model.get("gone");
  }
}

function outermost(node) {
  const root = node.closest(".nbdock");
  return root && (outermost(root.parentElement) ?? root);
}

export default {
  render({ model, el }) {
    let page = null;
    el.className += " nbdock-page";
    const observer = new ResizeObserver(() => {
      // Widgets are put together before they are in the page. Of several, one inside of the other, the outermost is served.
      const root = el.isConnected && outermost(el);
      if (page || !root || root.hasAttribute(SILENT)) return;
      page = new Page(model, root);
    });
    observer.observe(el);
    return () => {
      observer.disconnect();
      page?.remove();
    };
  },
};
