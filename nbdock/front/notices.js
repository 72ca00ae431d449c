// What happened, in a line each: the last few notices, and removals as long as they can be undone.

import { Part, button, make } from "./dom.js";
import { plain, plainLines, size } from "./words.js";

const MOST = 4;

export class Notices extends Part {
  constructor(host) {
    super(host, "nbdock-notices", { role: "log", ariaLabel: host.t("Notices"), ariaLive: "polite" });
    this.removals = new Map();
    this.hear("notice", (notice) => this.add(notice));
    this.hear("removal", (removal) => this.removal(removal));
  }

  add({ text, tone, action, seconds }) {
    const line = this.line(text, tone);
    if (action) line.querySelector(".nbdock-act").append(button(action.text, () => (line.remove(), action.act()), { look: "nbdock-plain" }));
    while (this.node.children.length > MOST) this.node.firstElementChild.remove();
    if (seconds) setTimeout(() => line.contains(document.activeElement) || line.matches(":hover") || line.remove(), 1000 * seconds);
  }

  line(text, tone = "") {
    const close = button(this.t("Dismiss"), () => line.remove(), { look: "nbdock-plain", icon: "close", bare: true });
    const line = make("div", { className: "nbdock-notice", data: { tone } }, make("span", { className: "nbdock-text" }, plainLines(text)), make("span", { className: "nbdock-act" }), close);
    this.node.append(line);
    return line;
  }

  // "Deleted httpd and 2 more. 210MB will be freed." with its Undo, which counts down.
  removal({ number, gone, left, ...facts }) {
    if (gone || number === undefined) return;
    const known = this.removals.get(number);
    const line = known?.isConnected ? known : left ? this.line("") : null;
    if (!line) return;
    this.removals.set(number, line);
    const said = line.querySelector(".nbdock-text");
    const text = removed(this.host, facts);
    if (said.textContent !== text) said.textContent = text;
    const act = line.querySelector(".nbdock-act");
    if (!act.firstChild) act.append(button("", () => this.undo(number), { look: "nbdock-undo" }));
    act.firstChild.lastChild.textContent = this.t("Undo ({left} s)", { left });
    act.hidden = !left;
    if (!left) {
      this.removals.delete(number);
      setTimeout(() => line.remove(), 6000);
    }
  }

  undo(number) {
    const line = this.removals.get(number);
    this.ask("undo", { number }, (count) => {
      line?.remove();
      this.removals.delete(number);
      this.host.notice(restored(this.host, count), { seconds: 4 });
    });
  }
}

// A removal in a sentence; JupyterLab's own notices use it too.
export function removed(host, { names, count, bytes, freed, error }) {
  const rest = Math.max(0, count - names.length);
  const what = names.map((name) => plain(name)).join(", ");
  const first = rest ? host.t("Deleted {what} and {rest} more.", { what, rest }) : host.t("Deleted {what}.", { what });
  if (error) return `${first} ${plain(error)}`;
  return `${first} ${freed === undefined ? host.t("{bytes} will be freed.", { bytes: size(bytes) }) : host.t("{bytes} freed.", { bytes: size(freed) })}`;
}

// What became of an undo.
export function restored(host, count) {
  return count ? host.t("Restored {n, one name, # names}.", { n: count }) : host.t("It was too late to undo this.");
}
