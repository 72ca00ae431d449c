// Notices in JupyterLab's own corner: what the application says, pulls that failed, removals as long as they can be undone.

import { removed, restored } from "./notices.js";
import { plainLines } from "./words.js";

const KINDS_OF_TOASTS = { "": "info", error: "error", good: "success", warn: "warning" };

export class Toasts {
  constructor({ Notification }, host, show) {
    Object.assign(this, { toasts: Notification, host, show, pulls: new Map(), removals: new Map() });
    host.notice = (text, options) => this.say(text, options);
    this.ends = [host.hear("pull", (pull) => this.pull(pull)), host.hear("removal", (removal) => this.removal(removal))];
  }

  // Toasts read Markdown or not, by version: no line of a registry's is a link.
  say(text, { tone = "", action = null, seconds = 8 } = {}) {
    const actions = action ? [{ label: action.text, callback: action.act }] : [];
    return this.toasts.emit(plainLines(text), KINDS_OF_TOASTS[tone] ?? "info", { autoClose: seconds ? 1000 * seconds : false, actions });
  }

  // What is done the application itself says; a failure waits in its side bar, which may be shut.
  pull({ about, state, reference, error }) {
    const before = this.pulls.get(about);
    this.pulls.set(about, state);
    if (state !== "failed" || before === undefined || before === state) return;
    this.say(`${reference}: ${error.message}`, { tone: "error", action: { text: this.host.t("Show"), act: this.show }, seconds: 0 });
  }

  // One toast for each removal, whose Undo counts down.
  removal({ number, gone, left, ...facts }) {
    const known = this.removals.get(number);
    if (gone) return this.over(number);
    const message = removed(this.host, facts);
    const actions = left ? [{ label: this.host.t("Undo ({left} s)", { left }), callback: () => this.undo(number) }] : [];
    const shown = { autoClose: left ? false : 4000, actions };
    if (known) this.toasts.update({ id: known, message, ...shown });
    else if (left) this.removals.set(number, this.toasts.emit(message, "default", shown));
    if (!left) this.removals.delete(number);
  }

  // Undone, here or in another page.
  over(number) {
    if (this.removals.has(number)) this.toasts.dismiss(this.removals.get(number));
    this.removals.delete(number);
  }

  undo(number) {
    const said = (count) => this.say(restored(this.host, count), { seconds: 4 });
    this.host.ask("undo", { number }).then(said, (error) => this.host.refused(error));
  }

  remove() {
    for (const end of this.ends) end();
    for (const number of [...this.removals.keys()]) this.over(number);
  }
}
