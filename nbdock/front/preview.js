// One file beside the tree: what is known of it, and its text, its bytes, or what differs in it from another image's.

import { Part, button, copy, make } from "./dom.js";
import { permissions } from "./filetree.js";
import { plain, size, time } from "./words.js";

const WIDE = 560; // pixels that sixteen bytes a line need
const MARKS = { "+": "added", "-": "removed", "@": "place" };

// `asked()` is what the question is about, `close()` is called by Escape too, `reveal(row)` shows the file in the tree.
export class Preview extends Part {
  constructor(host, options) {
    super(host, "nbdock-preview", { role: "region", ariaLabel: host.t("Preview") });
    Object.assign(this, options);
    this.title = make("p", { className: "nbdock-title" });
    this.there = button(this.t("Show in the tree"), () => this.reveal(this.row));
    this.wrap = button(this.t("Wrap lines"), () => this.wraps(this.wrap.ariaPressed !== "true"), { ariaPressed: "true" });
    const close = button(this.t("Close"), () => this.close(), { look: "nbdock-plain", icon: "close", bare: true, "data-escape": true });
    this.facts = make("dl", { className: "nbdock-facts" });
    this.body = make("pre", { className: "nbdock-content nbdock-wrapped", tabIndex: 0, ariaLabel: this.t("Content") });
    this.said = make("p", { className: "nbdock-quiet", role: "status" });
    this.more = button(this.t("More"), () => this.load(this.at));
    this.node.append(make("div", { className: "nbdock-line" }, this.title, make("span", { className: "nbdock-spring" }), this.there, this.wrap, close), this.facts, this.body, make("div", { className: "nbdock-line" }, this.said, this.more));
  }

  show(row) {
    this.row = row;
    this.title.textContent = plain(row.name);
    this.there.hidden = !row.path;
    this.body.replaceChildren();
    this.body.scrollTo(0, 0);
    this.state(row.type === "file" || row.type === "hardlink" ? this.t("Reading…") : "");
    this.describe({});
    this.load(0);
  }

  load(start) {
    const { image, against } = this.asked();
    this.ask("preview", { image, against, node: this.row.node, start }, (told) => this.told(told), (error) => this.state([error.message, error.hint].filter(Boolean).join(". "), true));
  }

  state(text, failed = false) {
    this.said.textContent = text;
    this.said.classList.toggle("nbdock-problem", failed);
    this.more.hidden = true;
    this.body.hidden = this.wrap.hidden = !this.body.childNodes.length;
  }

  told(told) {
    this.describe(told);
    const { kind } = told;
    if (kind === "text") this.body.replaceChildren(told.text);
    if (kind === "diff") this.body.replaceChildren(...told.lines.map((line) => make("span", { className: "nbdock-diff", data: { mark: MARKS[line[0]] ?? "" } }, line || " ")));
    if (kind === "bytes") this.bytes(told);
    this.state(this.remark(told));
    this.wrap.hidden = kind !== "text" && kind !== "diff";
    this.more.hidden = kind !== "bytes" || !told.more;
  }

  remark({ kind, size: bytes, more, lines }) {
    if (kind === "text" && more) return this.t("The first 65,536 of {n} bytes.", { n: bytes });
    if (kind === "text" && !bytes) return this.t("The file is empty.");
    if (kind === "diff" && !lines.length) return this.t("The text is the same.");
    if (kind === "diff" && more) return this.t("Only the first 65,536 bytes are compared.");
    return "";
  }

  // Offset, bytes and letters, as hexdump prints them.
  bytes({ hex, start }) {
    const count = this.body.clientWidth >= WIDE || this.node.clientWidth >= WIDE ? 16 : 8;
    const lines = [];
    for (let at = 0; at < hex.length / 2; at += count) {
      const pairs = hex.slice(2 * at, 2 * (at + count)).match(/../g);
      const letters = pairs.map((pair) => (pair >= "20" && pair < "7f" ? String.fromCharCode(parseInt(pair, 16)) : "·"));
      lines.push(`${(start + at).toString(16).padStart(8, "0")}  ${pairs.join(" ").padEnd(3 * count)} ${letters.join("")}\n`);
    }
    if (start) this.body.append(lines.join(""));
    else this.body.replaceChildren(lines.join(""));
    this.wraps(false);
    this.at = start + hex.length / 2;
  }

  wraps(on) {
    this.wrap.ariaPressed = `${on}`;
    this.body.classList.toggle("nbdock-wrapped", on);
  }

  describe({ path, size: bytes, digest }) {
    const row = this.row;
    const facts = [
      [this.t("Path"), plain(path ?? row.path ?? row.name, 1000)],
      [this.t("Size"), bytes === undefined ? "" : this.t("{n, one byte, # bytes}", { n: bytes })],
      [row.change ? this.t("Change") : this.t("Layer"), row.group >= 0 ? this.named(row.group) : ""],
      [this.t("Link"), row.link ? plain(row.link) : ""],
      [this.t("Mode"), row.mode === undefined ? "" : `${permissions(row)} ${row.uid}:${row.gid}`],
      [this.t("Modified"), time(row.mtime)],
    ];
    const shown = facts.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
    const b3 = digest && [make("dt", {}, "BLAKE3"), make("dd", {}, button(`${digest.slice(0, 16)}…`, () => copy(digest), { look: "nbdock-plain", title: this.t("Copy the digest") }))];
    this.facts.replaceChildren(...shown, ...(b3 || []));
  }
}
