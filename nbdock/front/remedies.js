// A line that says how something goes: it waits, it is slow, it failed and what can be done about that here.

import { Part, button, make } from "./dom.js";
import { registryName } from "./naming.js";
import { plain } from "./words.js";

const SLOW = 3000;
const COMMAND = /%image|%docker|nbdock |--\w|`/; // a hint for a terminal or a cell

// What to say of an error, and one thing to do: in the application's terms, not in a terminal's. `registry` is the one
// that was asked, `name` what for, `again` asks again.
export function remedy(host, error, { registry = "", name = "", again = null } = {}) {
  const t = (text, values) => host.t(text, values);
  const [where, what] = [plain(registryName(registry)), plain(name)];
  const retry = again && { text: t("Try again"), act: again };
  const login = { text: t("Log in"), act: () => host.tell({ about: "open account", registry }) };
  const hint = COMMAND.test(error.hint ?? "") ? "" : error.hint;
  const own = [error.message, hint].filter(Boolean).map((each) => plain(each)).join(" · ");
  if (error.kind === "RateLimited") return { text: t("{where} allows no more requests for now. Logging in raises the limit.", { where }), action: login };
  if (error.kind === "Unauthorized") return { text: t("{where} did not accept your login.", { where }), action: login };
  if (error.kind === "Denied" && what) return { text: t("{what} does not exist at {where}, or it is private.", { what, where }), action: login };
  if (error.kind === "Denied") return { text: t("{where} lets nobody do this without logging in.", { where }), action: login };
  if (error.kind === "ImageNotFound" && what) return { text: t("{where} has no {what}. Check the name and the tag.", { what, where }), action: null };
  if (["Unreachable", "BadResponse", "StoreLocked", "DigestMismatch", "SizeMismatch"].includes(error.kind)) return { text: own, action: retry };
  return { text: own, action: null };
}

export class Telling extends Part {
  constructor(host) {
    super(host, "nbdock-telling nbdock-line");
    this.text = make("span", { className: "nbdock-said", role: "status" });
    this.act = make("span", { className: "nbdock-line" });
    this.node.append(this.text, this.act);
    this.own(() => clearTimeout(this.timer));
    this.clear();
  }

  clear() {
    this.say("");
  }

  say(text, tone = "", action = null) {
    clearTimeout(this.timer);
    this.node.hidden = !text;
    this.node.dataset.tone = tone;
    this.node.removeAttribute("title");
    if (this.text.textContent !== text) this.text.textContent = text;
    this.act.replaceChildren(...[action && button(action.text, action.act)].filter(Boolean));
  }

  // Something goes on at a registry; when it takes long that is said, with a way out.
  wait(text, registry, cancel) {
    this.say(text, "busy");
    const where = plain(registryName(registry));
    this.timer = setTimeout(() => this.say(this.t("{where} has not answered yet.", { where }), "busy", { text: this.t("Cancel"), act: cancel }), SLOW);
  }

  fail(error, context) {
    const { text, action } = remedy(this.host, error, context);
    this.say(text, "error", action);
    this.node.title = plain(error.message, 1000);
  }
}
