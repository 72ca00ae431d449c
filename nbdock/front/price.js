// The image that was found: choose its tag and platform, see what a pull would download, pull it.

import { Combo } from "./choices.js";
import { Part, button, form, make } from "./dom.js";
import { joined, partsOf, registryOf } from "./naming.js";
import { Telling } from "./remedies.js";
import { plain, size } from "./words.js";

// `pulled(number)` is called when a pull began.
export class Price extends Part {
  constructor(host, { pulled }) {
    super(host, "nbdock-price", { hidden: true });
    this.pulled = pulled;
    this.title = make("h3", { className: "nbdock-chosen" });
    this.tag = this.own(new Combo(host, { label: this.t("Tag"), placeholder: "latest", changed: (tag) => this.look({ tag: tag || "latest" }) }));
    this.platform = make("select", { className: "nbdock-input", on: { change: () => this.look({ platform: this.platform.value }) } });
    this.platforms = make("label", { className: "nbdock-field" }, make("span", { className: "nbdock-label" }, this.t("Platform")), this.platform);
    this.bar = make("span", { className: "nbdock-bar", hidden: true, "aria-hidden": "true" }, make("span", { className: "nbdock-pale" }), make("span"));
    this.telling = this.own(new Telling(host));
    this.act = button(this.t("Pull"), () => this.pull(), { look: "nbdock-primary", icon: "pull", type: "submit" });
    this.act.addEventListener("click", (event) => event.preventDefault());
    const fields = make("div", { className: "nbdock-line" }, this.tag.node, this.platforms);
    this.node.append(this.title, form(() => this.pull(), fields, make("div", { className: "nbdock-line nbdock-offer" }, make("div", { className: "nbdock-cost" }, this.telling.node, this.bar), this.act)));
    this.hear("store", () => this.follow());
    this.hear("accounts", () => this.failed && this.look({}));
  }

  // Shows an image by its name, or nothing without one.
  show(name) {
    for (const asked of ["tags", "price", "here"]) this.stop(asked);
    this.node.hidden = !name;
    this.forget();
    if (!name) return (this.wanted = null);
    this.wanted = { ...partsOf(name), platform: "" };
    const { repository, tag, digest } = this.wanted;
    this.title.textContent = plain(digest ? `${repository}@${digest.slice(0, 19)}…` : repository);
    this.title.title = plain(name);
    this.tag.node.hidden = Boolean(digest);
    this.tag.value = tag;
    this.tag.offer([]);
    this.offer([]);
    if (tag || digest) this.look({});
    else this.telling.wait(this.t("Looking for tags…"), registryOf(repository), () => this.cancel("tags"));
    if (!digest) this.ask("tags", { reference: repository }, (found) => this.tagged(found.tags), () => this.tagged([]));
  }

  // No price is shown, and nothing can be pulled, until this choice has one.
  forget() {
    Object.assign(this, { found: null, eager: false, failed: false });
    this.act.disabled = true;
    this.bar.hidden = true;
    this.telling.clear();
  }

  tagged(tags) {
    this.tag.offer(tags);
    if (this.wanted.tag) return;
    this.look({ tag: tags.includes("latest") ? "latest" : (tags[0] ?? "latest") });
  }

  get reference() {
    return joined(this.wanted);
  }

  look(more) {
    const eager = this.eager;
    Object.assign(this.wanted, more);
    this.tag.value = this.wanted.tag;
    this.forget();
    this.eager = eager;
    this.telling.wait(this.t("Looking up the download size…"), registryOf(this.wanted.repository), () => this.cancel("price"));
    const { platform } = this.wanted;
    this.ask("price", { reference: this.reference, platform }, (found) => this.priced(found), (error) => this.fail(error));
  }

  cancel(name) {
    this.stop(name);
    this.eager = false;
    this.telling.say(this.t("Cancelled."), "", { text: this.t("Try again"), act: () => this.show(this.reference) });
  }

  fail(error) {
    this.failed = true;
    this.telling.fail(error, { registry: registryOf(this.wanted.repository), name: this.reference, again: () => this.look({}) });
  }

  priced(found) {
    this.offer(found.platforms, found.platform, found.own);
    if (found.missing) return this.telling.say(this.t("There is no image for {platform}. Choose another platform.", { platform: plain(found.platform) }), "error");
    this.found = found;
    this.act.disabled = false;
    this.sum();
    if (this.eager) this.pull();
  }

  offer(platforms, chosen = "", own = "") {
    const offered = chosen && !platforms.includes(chosen) && platforms.length ? [chosen, ...platforms] : platforms;
    const text = (each) => (each === own ? this.t("{platform} (this machine)", { platform: plain(each) }) : plain(each));
    this.platform.replaceChildren(...offered.map((each) => make("option", { value: each, selected: each === chosen }, text(each))));
    this.platforms.hidden = offered.length < 2;
  }

  sum() {
    const { layers, here } = this.found;
    const sizes = layers.map((layer) => Number(layer.split(" ")[1]));
    const total = sizes.reduce((sum, each) => sum + each, 0);
    const bytes = sizes.reduce((sum, each, i) => sum + (here[i] ? 0 : each), 0);
    this.telling.say(worth(this.host, { bytes, missing: here.filter((each) => !each).length, here: here.filter(Boolean).length }));
    const [pale, solid] = this.bar.children;
    const part = total ? (100 * (total - bytes)) / total : 100;
    pale.style.width = `${part}%`;
    Object.assign(solid.style, { left: `${part}%`, width: `${100 - part}%` });
    this.bar.hidden = false;
  }

  // Another pull may have brought some of the layers.
  follow() {
    const { found } = this;
    if (found) this.ask("here", { layers: found.layers }, (here) => this.found === found && ((found.here = here), this.sum()), () => {});
  }

  // Enter before there is a price pulls as soon as there is.
  pull() {
    if (!this.wanted) return;
    if (!this.found) return (this.eager = !this.failed);
    this.eager = false;
    this.ask("pull", { reference: this.reference, platform: this.wanted.platform }, (number) => this.pulled(number), (error) => this.fail(error));
  }
}

// What a pull downloads, in a sentence.
function worth(host, { bytes, missing, here }) {
  if (!missing) return host.t("Nothing to download: {n, its layer is here, all # layers are here}.", { n: here });
  const downloads = host.t("Downloads {bytes} in {n, one layer, # layers}", { bytes: size(bytes), n: missing });
  return here ? `${downloads}; ${host.t("{n, one is here, # are here}", { n: here })}` : downloads;
}
