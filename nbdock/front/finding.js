// From a word to an image: one box that searches a registry, and takes a whole name as it is.

import { Choices, Combo } from "./choices.js";
import { Part, debounced, field, make } from "./dom.js";
import { couldBeName, goesStraight, registryName, registryOf } from "./naming.js";
import { Price } from "./price.js";
import { Telling } from "./remedies.js";
import { plain } from "./words.js";

const KNOWN = ["", "ghcr.io", "quay.io", "mcr.microsoft.com", "registry.gitlab.com"];

// Options: `name` to begin with; `done(number)` when a pull began.
export class Finder extends Part {
  constructor(host, { name = "", done = () => {} } = {}) {
    super(host, "nbdock-finder");
    const made = field(this.t("Image"), { placeholder: this.t("Words, or a name: python:3.13") });
    this.box = made.input;
    this.registry = this.own(new Combo(host, { label: this.t("Registry"), placeholder: "Docker Hub", show: registryName, changed: () => this.typed() }));
    this.registry.value = "";
    this.telling = this.own(new Telling(host));
    this.results = this.own(new Choices(host, { input: this.box, label: this.t("Search results"), height: 46, visible: 7, draw: (node, item) => this.draw(node, item), choose: (item) => this.choose(item.name) }));
    this.price = this.own(new Price(host, { pulled: done }));
    made.node.classList.add("nbdock-box");
    this.node.append(make("h2", {}, this.t("Pull an image")), make("div", { className: "nbdock-line nbdock-searching" }, made.node, this.registry.node), this.telling.node, this.results.node, this.price.node);
    this.later = debounced(() => this.look(), 300);
    this.on(this.box, "input", () => this.typed());
    this.on(this.box, "keydown", (event) => this.key(event));
    this.hear("accounts", () => this.accounts());
    this.accounts();
    if (name) this.find(name);
  }

  focus() {
    this.box.focus();
  }

  // As if this had been typed.
  find(text) {
    this.box.value = text;
    this.typed();
    this.look();
  }

  accounts() {
    const known = this.host.get("registries") ?? KNOWN;
    this.ask("logins", {}, ({ logins }) => this.registry.offer([...new Set([...known, ...logins.map((each) => registryOf(`${each.registry}/x`))])]), () => this.registry.offer(known));
    if (this.failed) this.look();
  }

  get text() {
    return this.box.value.trim();
  }

  // A name in full: in the chosen registry, if it names none.
  full(text) {
    return this.registry.value && !registryOf(text) ? `${this.registry.value}/${text}` : text;
  }

  // What was found and chosen before is of other words: it goes at once.
  typed() {
    this.stop("search");
    this.results.show([]);
    this.price.show("");
    this.telling.clear();
    this.failed = false;
    this.later();
  }

  look() {
    const text = this.text;
    if (this.price.wanted && this.asked === text) return;
    this.asked = text;
    if (goesStraight(text)) this.price.show(this.full(text));
    else if (text || this.registry.value) this.search(text);
  }

  search(words) {
    const registry = this.registry.value;
    this.telling.wait(this.t("Searching {where}…", { where: plain(registryName(registry)) }), registry, () => this.cancel());
    this.ask("search", { words, registry }, (found) => this.found(words, found), (error) => this.fail(words, error));
  }

  cancel() {
    this.stop("search");
    this.telling.say(this.t("Cancelled."), "", { text: this.t("Search again"), act: () => this.search(this.text) });
    this.results.show(this.itself(this.text, []));
  }

  fail(words, error) {
    this.failed = true;
    this.telling.fail(error, { registry: this.registry.value, again: () => this.search(this.text) });
    this.results.show(this.itself(words, []));
  }

  found(words, { found, names_only: namesOnly, cut }) {
    const said = found.length ? this.t("{n, one found, # found}", { n: found.length }) : this.t("Nothing found.");
    const notes = [namesOnly && found.length && this.t("this registry has names only"), cut && plain(cut)];
    this.telling.say([said, ...notes].filter(Boolean).join(" · "));
    this.results.show([...this.itself(words, found), ...found]);
  }

  // What was typed may be a name, also of what no search finds.
  itself(words, found) {
    const name = this.full(words);
    return couldBeName(words) && !found.some((each) => each.name === name) ? [{ name, itself: true }] : [];
  }

  draw(node, { name, description, stars, official, itself }) {
    const first = make("span", { className: "nbdock-line nbdock-result" }, make("b", {}, plain(name)));
    if (official) first.append(make("span", { className: "nbdock-pill" }, this.t("official")));
    if (stars) first.append(make("span", { className: "nbdock-stars nbdock-quiet nbdock-number", ariaLabel: this.t("{n, one star, # stars}", { n: stars }), role: "img" }, `★ ${stars.toLocaleString(this.host.language)}`));
    node.append(first, make("span", { className: "nbdock-about nbdock-quiet" }, itself ? this.t("Use what you typed as the name") : plain(description ?? "")));
  }

  choose(name) {
    this.results.show([]);
    this.telling.clear();
    this.box.value = name;
    this.asked = name;
    this.price.show(name);
    this.price.tag.input.focus();
  }

  key(event) {
    if (this.results.key(event) || event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (goesStraight(this.text)) this.look(), this.price.pull();
    else if (this.results.items.length) this.choose(this.results.items[0].name);
    else this.look();
  }
}
