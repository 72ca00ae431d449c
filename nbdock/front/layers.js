// The layers of an image, read as the Dockerfile that made them: what each brings, carries in vain, and shares.

import { DOWN, button, icon, make, rove } from "./dom.js";
import { Subtab, bar, lines, problem, reading } from "./subtabs.js";
import { plain, size } from "./words.js";

const FEW_LINES = 8;
const FEW_SIGNS = 900;
const KEYWORD = /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?=\s|$)\s*/;

// The lines of an instruction, as somebody would write it: each command of a RUN on its own. Builders join the lines,
// and keep their tabs.
function written(word, text) {
  const joined = text.replace(/\t+/g, word === "RUN" ? "\n" : " ").trim();
  const commands = word === "RUN" ? joined.replace(/\s*&&\s*/g, "\n&& ").replace(/(?<!;);\s+(?!do\b|then\b)/g, ";\n") : joined;
  return lines(commands).split("\n").map((line) => line.trim());
}

// Options: `choose(digest)` is called with a layer whose files are wanted.
export class LayersTab extends Subtab {
  constructor(host, image, options) {
    super(host, image, "nbdock-dockerfile", options);
    this.load("layers");
  }

  draw({ steps, more, size: whole, problem: damage }) {
    this.whole = whole;
    this.made = steps.filter((step) => step.digest);
    let end = 0;
    for (const step of this.made) [step.start, step.end] = [end, (end += step.size ?? 0)];
    this.sum = make("p", { role: "status" });
    this.waiting = reading(this, this.image, this.t("Looking for wasted bytes…"));
    const files = () => this.made.map((step) => step.files); // Tab leaves a list of a hundred at once
    this.list = make("ol", { className: "nbdock-steps", on: { keydown: (event) => rove(event, files(), DOWN) } }, steps.map((step) => this.step(step)));
    this.node.replaceChildren(this.sum, this.waiting, ...(damage ? [problem({ message: damage })] : []), this.list);
    if (more) this.node.append(make("p", { className: "nbdock-quiet" }, this.t("{n, one more instruction is, # more instructions are} not shown.", { n: more })));
    this.summarise();
    for (const [at, { files }] of this.made.entries()) files.tabIndex = at ? -1 : 0;
    if (this.made.length) this.ask("waste", { image: this.image.id }, (found) => this.judge(found), (error) => this.waiting.replaceChildren(problem(error)));
    else this.waiting.remove();
  }

  summarise(wasted = "") {
    const shared = this.made.filter((step) => step.shared.length).reduce((sum, step) => sum + (step.size ?? 0), 0);
    const facts = [
      this.t("{n, one layer, # layers}", { n: this.made.length }),
      size(this.whole),
      shared > 0 && this.t("{bytes} shared with other images", { bytes: size(shared) }),
      wasted,
    ];
    this.sum.replaceChildren(...facts.filter(Boolean).flatMap((fact, at) => [at ? " · " : "", fact]));
  }

  step(step) {
    const number = make("span", { className: "nbdock-layer-number", "aria-hidden": "true" }, step.digest ? this.made.indexOf(step) : "");
    const item = make("li", { className: "nbdock-step" }, number, this.said(step));
    item.classList.toggle("nbdock-silent", !step.size);
    if (!step.digest) return item;
    item.classList.add("nbdock-with-files");
    item.append(this.brought(step));
    item.addEventListener("click", (event) => event.target.closest("button, a, ul") || String(getSelection()) || this.options.choose?.(step.digest));
    return (step.node = item);
  }

  // The instruction, of which a long one is folded.
  said({ text, comment, digest }) {
    const [found, word = ""] = KEYWORD.exec(text) ?? [""];
    const [first, ...rest] = written(word, text.slice(found.length));
    const none = !text && make("span", { className: "nbdock-quiet" }, digest ? this.t("A layer that the history does not mention") : this.t("(empty)"));
    const code = make("code", {}, make("span", {}, word && make("b", {}, word), word && " ", first, none), rest.map((line) => make("span", { className: "nbdock-next" }, line)));
    const node = make("div", { className: "nbdock-written", title: plain(comment) }, code);
    if (rest.length > FEW_LINES + 2 || text.length > FEW_SIGNS) node.append(this.folded(code));
    return node;
  }

  folded(code) {
    code.classList.add("nbdock-folded");
    const unfold = button(this.t("Show all"), () => {
      const folded = code.classList.toggle("nbdock-folded");
      unfold.ariaExpanded = !folded;
      unfold.querySelector("span").textContent = folded ? this.t("Show all") : this.t("Show less");
    }, { look: "nbdock-plain nbdock-small", ariaExpanded: "false" });
    return unfold;
  }

  // The bytes of a layer: how many, which of the image's, and whose else they are.
  brought(step) {
    const number = this.made.indexOf(step); // as in the column `position` of frames
    step.files = button(this.t("Files of layer {number}", { number }), () => this.options.choose?.(step.digest), { look: "nbdock-plain nbdock-small", icon: "folder", bare: true });
    const bytes = step.size === null ? this.t("{bytes} compressed", { bytes: size(step.compressed) }) : size(step.size);
    const head = make("div", { className: "nbdock-line" }, make("span", { className: "nbdock-number" }, bytes), step.files);
    const node = make("div", { className: "nbdock-brought" }, head);
    if (step.size && this.whole) node.append((step.bar = this.share(step)));
    if (!step.here) node.append(make("p", { className: "nbdock-wasted" }, this.t("This layer is not in the store.")));
    if (step.shared.length) {
      const names = step.shared.map((name) => plain(name, 60));
      const others = [...names.slice(1), ...(step.more ? [this.t("{n, one more image, # more images}", { n: step.more })] : [])];
      const count = names.length - 1 + step.more;
      const more = count > 0 && make("span", { title: others.join("\n"), className: "nbdock-count" }, `+${count}`);
      node.append(make("p", { className: "nbdock-quiet nbdock-also" }, icon("shared"), make("span", { className: "nbdock-cut", title: names[0] }, this.t("also in {image}", { image: names[0] })), more));
    }
    return node;
  }

  share({ start, end }, wasted = 0) {
    const used = end - wasted;
    const spans = [[start / this.whole, used / this.whole], [used / this.whole, end / this.whole, "nbdock-vain"]];
    return bar(...spans.filter(([from, to]) => to > from));
  }

  // The waste of each layer, once it is known.
  judge({ layers, wasted, score, problems }) {
    this.waiting.replaceChildren(...problems.map((message) => problem({ message })));
    for (const [at, step] of this.made.entries()) if (layers[at]?.bytes) this.vain(step, layers[at]);
    const percent = Math.floor(1000 * score) / 10;
    this.summarise(make("span", { className: wasted ? "nbdock-wasted" : "nbdock-good" }, wasted ? this.t("{bytes} wasted, {percent} % in use", { bytes: size(wasted), percent }) : this.t("nothing wasted")));
  }

  vain(step, { bytes, paths }) {
    if (step.bar) step.bar.replaceWith((step.bar = this.share(step, bytes)));
    const rows = paths.map(([path, count, remedy]) => make("li", {}, make("span", { className: "nbdock-number" }, size(count)), make("code", {}, plain(path)), make("span", { className: "nbdock-quiet" }, plain(remedy))));
    const list = make("ul", { className: "nbdock-paths", hidden: true }, rows);
    const show = button(this.t("{bytes} wasted", { bytes: size(bytes) }), () => {
      list.hidden = !list.hidden;
      show.ariaExpanded = !list.hidden;
    }, { look: "nbdock-plain nbdock-small nbdock-wasted", ariaExpanded: "false", title: this.t("Bytes that later layers overwrite or delete") });
    step.files.before(show);
    step.node.append(list);
  }
}
