// What is written about an image: how it runs, what it is called, who uses it, and the JSON of it all.

import { button, field, form, make } from "./dom.js";
import { Subtab, bar, copier, digest, lines, pairs, problem, section } from "./subtabs.js";
import { plain, size, time } from "./words.js";

export class ConfigTab extends Subtab {
  constructor(host, image, options) {
    super(host, image, "nbdock-config", options);
    this.load("config");
  }

  draw({ settings, env, labels }) {
    this.node.replaceChildren(
      section(this.t("Settings"), null, pairs(this.host, settings)),
      section(this.t("Environment"), this.all(env), env.length ? pairs(this.host, env) : this.none(this.t("No variables."))),
      section(this.t("Labels"), this.all(labels), labels.length ? pairs(this.host, labels) : this.none(this.t("No labels."))),
    );
  }

  all(rows) {
    return rows.length > 0 && copier(this.host, this.t("Copy all"), rows.map((row) => row.join("=")).join("\n"), { shown: this.t("Copy all") });
  }

  none(text) {
    return make("p", { className: "nbdock-quiet" }, text);
  }
}

// Options: `remove(names)` plans to remove names.
export class TagsTab extends Subtab {
  constructor(host, image, options) {
    super(host, image, "nbdock-tags", options);
    this.list = make("ul", { className: "nbdock-names" });
    this.name = field(this.t("Add a tag"), { placeholder: this.t("name:tag"), maxLength: 1000 });
    this.refusal = make("div");
    this.add = form(() => this.tag(), make("div", { className: "nbdock-line" }, this.name.node, make("button", { type: "submit", className: "nbdock-button" }, this.t("Add"))), this.refusal);
    this.node.append(this.list, this.add);
    this.refresh();
    this.hear("store", () => this.refresh());
  }

  refresh() {
    this.load("names");
  }

  draw({ names, more }) {
    this.list.replaceChildren(...names.map((row) => this.called(row)));
    if (more) this.list.append(make("li", { className: "nbdock-quiet" }, this.t("{n, one more is, # more are} not shown.", { n: more })));
    if (!names.some((row) => row.tag)) this.list.prepend(make("li", { className: "nbdock-quiet" }, this.t("This image has no tag.")));
  }

  called(row) {
    const name = plain(row.name);
    const times = [row.pulled && this.t("pulled {age}", { age: this.host.age(row.pulled) }), row.tagged && this.t("tagged {age}", { age: this.host.age(row.tagged) })];
    const facts = make("p", { className: "nbdock-quiet nbdock-line" }, digest(this.host, this.t("Copy the digest"), row.digest));
    for (const [at, text] of times.entries()) if (text) facts.append(make("span", { title: time(at ? row.tagged : row.pulled) }, text));
    const acts = make("div", { className: "nbdock-line" });
    if (row.pull) acts.append(copier(this.host, this.t("Copy docker pull {name}", { name: plain(row.pull) }), `docker pull ${row.pull}`, { shown: "docker pull …" }));
    if (row.tag && !row.read_only && this.options.remove) acts.append(button(this.t("Remove {name}", { name }), () => this.options.remove([row.name]), { look: "nbdock-plain", icon: "delete", bare: true }));
    return make("li", { className: "nbdock-called" }, make("div", {}, make("strong", {}, row.tag ? name : plain(row.name.split("@")[0])), !row.tag && make("span", { className: "nbdock-quiet" }, " ", this.t("by digest")), facts), acts);
  }

  async tag() {
    const name = this.name.input.value.trim();
    if (!name) return this.name.input.focus();
    this.refusal.replaceChildren();
    const added = () => ((this.name.input.value = ""), this.refresh());
    await this.ask("tag", { image: this.image.id, name }, added, (error) => this.refusal.replaceChildren(problem(error)));
  }
}

// Options: `open(id)` shows another image.
export class UsersTab extends Subtab {
  constructor(host, image, options) {
    super(host, image, "nbdock-users", options);
    this.load("used_by");
    this.hear("store", () => this.load("used_by"));
  }

  draw({ containers, images, more }) {
    const none = (text) => make("p", { className: "nbdock-quiet" }, text);
    const list = (rows) => make("ul", { className: "nbdock-names" }, rows);
    this.node.replaceChildren(
      section(this.t("Containers"), null, containers.length ? list(containers.map((row) => this.held(row))) : none(this.t("No container uses this image."))),
      section(this.t("Images with layers of this one"), null, images.length ? list(images.map((row) => this.sharing(row))) : none(this.t("No other image has layers of this one."))),
    );
    if (more) this.node.append(none(this.t("{n, one more is, # more are} not shown.", { n: more })));
  }

  held(row) {
    const when = make("span", { className: "nbdock-quiet", title: time(row.created) }, this.t("created {age}", { age: this.host.age(row.created) }));
    return make("li", { className: "nbdock-called" }, make("div", {}, make("strong", {}, plain(row.name)), make("p", {}, make("code", {}, plain(row.command)))), make("div", {}, when));
  }

  sharing(row) {
    const how = { above: this.t("built on this image"), below: this.t("this image is built on it"), "": this.t("shares {n, one layer, # layers}", { n: row.layers }) }[row.how];
    const name = plain(row.name);
    const called = this.options.open ? button(name, () => this.options.open(row.id), { look: "nbdock-link" }) : make("strong", {}, name);
    const bytes = make("div", { className: "nbdock-shared-bytes" }, make("span", { className: "nbdock-number" }, size(row.size)), bar([0, this.image.size ? row.size / this.image.size : 0]));
    return make("li", { className: "nbdock-called" }, make("div", {}, called, make("p", { className: "nbdock-quiet" }, how)), bytes);
  }
}

const JSON_KEY = /^(\s*)("(?:[^"\\]|\\.)*")(?=: )/;

export class JsonTab extends Subtab {
  constructor(host, image, options) {
    super(host, image, "nbdock-json", options);
    this.kind = "inspect";
    this.load("raw_json");
  }

  draw({ text, length, cut, kinds }) {
    const titles = { inspect: "docker inspect", config: this.t("Config"), manifest: this.t("Manifest"), index: this.t("Index") };
    const focused = this.node.contains(document.activeElement) && this.kind;
    const choices = kinds.map((kind) => button(titles[kind], () => this.choose(kind), { ariaPressed: String(kind === this.kind) }));
    const whole = () => (cut ? this.host.ask("raw_json", { image: this.image.id, kind: this.kind, whole: true }).then((found) => found.text) : text);
    const tools = make("div", { className: "nbdock-line" }, make("div", { className: "nbdock-kinds", role: "group", ariaLabel: this.t("JSON") }, choices), make("span", { className: "nbdock-spring" }), copier(this.host, this.t("Copy all"), whole, { shown: this.t("Copy all") }));
    const shown = make("pre", { tabIndex: 0, role: "region", ariaLabel: titles[this.kind] }, this.coloured(text));
    this.node.replaceChildren(tools, shown);
    if (cut) this.node.append(make("p", { className: "nbdock-quiet" }, this.t("The first {shown} of {all}; Copy all copies the rest too.", { shown: size(text.length), all: size(length) })));
    if (focused) choices[kinds.indexOf(focused)]?.focus();
  }

  choose(kind) {
    this.kind = kind;
    this.load("raw_json", { kind });
  }

  coloured(text) {
    return text.split("\n").flatMap((line) => {
      const [, space, key] = JSON_KEY.exec(line) ?? [];
      return key ? [space, make("b", {}, plain(key)), `${line.slice(space.length + key.length)}\n`] : [`${line}\n`];
    });
  }
}
