// The pulls and pushes that go on, a line each. What is done leaves the list with a notice.

import { Part, button, make } from "./dom.js";
import { Meter, pace, setText } from "./meter.js";
import { registryOf } from "./naming.js";
import { remedy } from "./remedies.js";
import { plain, size } from "./words.js";

export class Pulls extends Part {
  constructor(host) {
    super(host, "nbdock-pulls", { hidden: true });
    this.lines = new Map();
    this.status = make("p", { className: "nbdock-offscreen", role: "status" });
    this.sum = make("span", { className: "nbdock-quiet nbdock-number" });
    this.head = make("div", { className: "nbdock-line nbdock-all" }, this.sum, make("span", { className: "nbdock-spring" }), button(this.t("Cancel all"), () => this.cancelAll(), { look: "nbdock-plain" }));
    this.list = make("ul", { className: "nbdock-pulling", ariaLabel: this.t("Pulls and pushes") });
    this.node.append(this.status, this.head, this.list);
    this.hear("pull", (message) => this.told(message));
  }

  told({ about, gone, ...facts }) {
    const number = Number(about.split(" ")[1]);
    const known = this.lines.get(number);
    if (gone || facts.state === "done") {
      this.lines.delete(number);
      known?.remove();
      if (!gone) this.done(facts);
    } else if (known) {
      if (known.facts.state !== facts.state) this.say(facts);
      known.show(facts);
    } else {
      this.begin(number, facts);
    }
    this.count();
  }

  begin(number, facts) {
    const line = new Moving(this.host, number);
    this.own(() => line.remove());
    this.lines.set(number, line);
    this.list.append(line.node);
    line.show(facts);
    this.say(facts);
  }

  // Screen readers hear beginnings and ends, not ten times a second how far it is.
  say({ reference, state, error }) {
    const name = plain(reference);
    if (state === "pulling") this.status.textContent = this.t("{name} began.", { name });
    if (state === "failed") this.status.textContent = this.t("{name} failed: {why}", { name, why: plain(error.message) });
  }

  done({ reference, newer, verb }) {
    const name = plain(reference);
    const open = { text: this.t("Open"), act: () => this.host.tell({ about: "open image", reference }) };
    if (verb === "push") this.host.notice(this.t("Pushed {name}.", { name }));
    else this.host.notice(newer ? this.t("Pulled {name}.", { name }) : this.t("{name} is up to date.", { name }), { action: open });
  }

  count() {
    const all = [...this.lines.values()].map((line) => line.facts);
    const active = all.filter(({ state }) => state === "pulling" || state === "waiting");
    const add = (name) => active.reduce((sum, facts) => sum + (facts[name] ?? 0), 0);
    this.node.hidden = !all.length;
    this.head.hidden = active.length < 2;
    const rate = add("rate");
    const amount = this.t("{n} under way · {done} of {total}", { n: active.length, done: size(add("done")), total: size(add("total")) });
    const text = rate ? `${amount} · ${size(rate)}/s` : amount;
    if (!this.head.hidden && this.sum.textContent !== text) this.sum.textContent = text;
  }

  cancelAll() {
    for (const [number, { facts }] of this.lines) if (["pulling", "waiting"].includes(facts.state)) this.host.ask("cancel", { number }).catch((error) => this.host.refused(error));
  }
}

// One of them: its name, how far it is, and its layers on demand.
class Moving extends Part {
  constructor(host, number) {
    super(host);
    this.number = number;
    this.node = make("li", { className: "nbdock-moving" });
    this.name = make("b", { className: "nbdock-whose" });
    this.meter = new Meter(host);
    this.acts = make("span", { className: "nbdock-acts" });
    this.layers = make("ul", { className: "nbdock-layers", hidden: true, ariaLabel: this.t("Layers") });
    this.more = button(this.t("Layers"), () => this.unfold(), { icon: "right", bare: true, look: "nbdock-plain nbdock-more", ariaExpanded: false });
    this.node.append(make("div", { className: "nbdock-moves" }, this.more, this.name, ...this.meter.nodes, this.acts), this.layers);
    this.rows = new Map();
  }

  show(facts) {
    const before = this.facts?.state;
    this.facts = facts;
    const { reference, platform, state, layers = [] } = facts;
    const name = plain(platform ? `${reference} (${platform})` : reference);
    setText(this.name, name);
    this.name.title = name;
    this.node.dataset.state = state;
    const label = facts.verb === "push" ? this.t("Pushing {name}", { name }) : this.t("Pulling {name}", { name });
    this.meter.show(facts, label, this.how(facts));
    this.meter.text.title = facts.error ? plain(facts.error.message, 1000) : "";
    this.more.disabled = !layers.length;
    if (!this.layers.hidden) this.draw(layers);
    if (before !== state) this.offer();
  }

  how({ state, silent, rate, left, error, total, done, layers = [] }) {
    const t = this.t;
    if (state === "waiting") return t("Waiting for its turn");
    if (state === "cancelled") return t("Cancelled; what was downloaded is kept");
    if (state === "failed") return this.remedy(error).text;
    if (typeof silent === "number") return t("No data for {time}", { time: this.host.duration(silent) });
    if (!layers.length) return t("Starting…");
    if (done >= total) return t("Finishing…");
    return pace(this.host, { rate, left });
  }

  remedy(error) {
    return remedy(this.host, error, { registry: registryOf(this.facts.reference), name: this.facts.reference });
  }

  // The focus stays in the line when its buttons change: on what goes on, never on what ends it.
  offer() {
    const focused = this.acts.contains(document.activeElement);
    const { state, reference } = this.facts;
    const name = plain(reference);
    const on = state === "pulling" || state === "waiting";
    const action = state === "failed" && this.remedy(this.facts.error).action;
    const acts = on
      ? [button(this.t("Cancel {name}", { name }), () => this.tell("cancel"), { icon: "close", bare: true, look: "nbdock-plain" })]
      : [action && button(action.text, action.act), button(this.t("Resume"), () => this.tell("resume")), button(this.t("Dismiss {name}", { name }), () => this.tell("dismiss"), { icon: "close", bare: true, look: "nbdock-plain" })];
    this.acts.replaceChildren(...acts.filter(Boolean));
    if (focused) this.acts.firstChild.focus();
  }

  tell(name) {
    this.ask(name, { number: this.number }, () => {});
  }

  unfold() {
    this.layers.hidden = !this.layers.hidden;
    this.more.ariaExpanded = !this.layers.hidden;
    if (!this.layers.hidden) this.draw(this.facts.layers ?? []);
  }

  draw(layers) {
    for (const [digest, done, total, state, settled] of layers) {
      if (!this.rows.has(digest)) this.rows.set(digest, this.row(digest));
      const { fill, bytes, text } = this.rows.get(digest);
      fill.style.width = `${settled ? 100 : total ? Math.floor((100 * done) / total) : 0}%`;
      fill.className = state === "Already exists" ? "nbdock-pale" : "";
      setText(bytes, settled || !done ? size(total) : this.t("{done} of {total}", { done: size(done), total: size(total) }));
      setText(text, settled || this.facts.state === "pulling" ? plain(state) : "");
    }
  }

  row(digest) {
    const [fill, bytes, text] = [make("span"), make("span", { className: "nbdock-number nbdock-quiet" }), make("span", { className: "nbdock-quiet" })];
    this.layers.append(make("li", {}, make("code", {}, plain(digest)), make("span", { className: "nbdock-bar", "aria-hidden": "true" }, fill), bytes, text));
    return { fill, bytes, text };
  }
}
