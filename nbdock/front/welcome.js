// What an empty store shows: a box, some images to begin with, and samples that need no network.

import { Part, button, field, form, icon, make } from "./dom.js";
import { Telling } from "./remedies.js";
import { size } from "./words.js";

const SUGGESTED = ["busybox", "httpd", "python:3.12-slim"];

// `find(name)` opens the finder.
export class Welcome extends Part {
  constructor(host, { find } = {}) {
    super(host, "nbdock-welcome");
    this.find = find ?? ((name) => host.tell({ about: "open finder", reference: name }));
    const t = this.t;
    const about = { busybox: t("small Unix tools"), httpd: t("a web server"), "python:3.12-slim": t("Python on a small Debian") };
    const box = field(t("Image"), { placeholder: t("Words, or a name: python:3.13") });
    const search = () => this.find(box.input.value.trim());
    box.node.classList.add("nbdock-box");
    this.told = this.own(new Telling(host));
    this.samples = button(t("Try the samples"), () => this.bring(), {});
    this.node.append(
      make("span", { className: "nbdock-emblem" }, icon("layers")),
      make("h2", {}, t("There are no images yet")),
      make("p", { className: "nbdock-quiet" }, t("Pull one from a registry: its layers, files and packages are here to look into, without Docker.")),
      form(search, make("div", { className: "nbdock-line nbdock-searching" }, box.node, button(t("Search"), search, { look: "nbdock-primary" }))),
      make("div", { className: "nbdock-suggested" }, ...SUGGESTED.map((name) => this.suggestion(name, about[name]))),
      make("div", { className: "nbdock-line nbdock-try" }, this.samples, make("span", { className: "nbdock-quiet" }, t("Small images to practise on; no network is needed.")), this.told.node),
    );
  }

  // With its price as soon as that is known; without, where the registry cannot be reached.
  suggestion(name, about) {
    const price = make("span", { className: "nbdock-quiet nbdock-number" });
    const sized = ({ layers = [], here }) => {
      const bytes = layers.reduce((sum, layer, i) => sum + (here[i] ? 0 : Number(layer.split(" ")[1])), 0);
      if (layers.length) price.textContent = this.t("{bytes} to download", { bytes: size(bytes) });
    };
    const asking = new AbortController();
    this.own(() => asking.abort());
    this.host.ask("price", { reference: name }, { signal: asking.signal }).then(sized, () => {});
    return make("button", { type: "button", className: "nbdock-suggestion", on: { click: () => this.find(name) } }, make("b", {}, name), make("span", { className: "nbdock-quiet" }, about), price);
  }

  bring() {
    this.samples.disabled = true;
    this.told.say(this.t("Copying…"), "busy");
    const done = (names) => (this.told.clear(), this.host.notice(this.t("Copied {n, one sample, # samples}. Nothing in them runs.", { n: names.length })));
    const failed = (error) => ((this.samples.disabled = false), this.told.fail(error));
    this.ask("samples", {}, done, failed);
  }
}
