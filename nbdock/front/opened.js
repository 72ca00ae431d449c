// One image in a tab of its own, as long as it is there.

import { Part, make } from "./dom.js";
import { Detail } from "./detail.js";

export class Opened extends Part {
  // `image` is an id or a name; `named(row)` is told which it is; `options` are the detail's.
  constructor(host, image, named, options) {
    super(host, "nbdock-opened");
    Object.assign(this, { image, named });
    this.detail = this.own(new Detail(host, options));
    this.missing = make("p", { className: "nbdock-quiet", role: "status" });
    this.node.append(this.missing, this.detail.node);
    this.hear("store", () => this.look());
    this.look();
  }

  look() {
    this.ask("image", { name: this.image }, (row) => this.show(row), (error) => (error.kind === "ImageNotFound" ? this.show(null) : this.host.refused(error)));
  }

  show(row) {
    this.missing.textContent = row ? "" : this.t("This image is no longer here.");
    this.detail.node.inert = !row;
    if (!row) return;
    this.named(row);
    this.detail.show(row);
  }
}
