// The application: a list of images, one of them beside it.

import { Part } from "./dom.js";
import { Detail } from "./detail.js";

export class Shell extends Part {
  constructor(host) {
    super(host, "nbdock-shell");
    this.detail = this.own(new Detail(host));
    this.node.append(this.detail.node);
    this.ask("images", {}, (found) => found.images[0] && this.detail.show(found.images[0]));
  }
}
