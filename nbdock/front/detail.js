// One image: what it is called, how large it is, and what is in it.

import { Part, make } from "./dom.js";

export class Detail extends Part {
  constructor(host) {
    super(host, "nbdock-detail");
  }

  // Shows an image, a row of the list.
  show(image) {
    this.node.replaceChildren(make("h2", {}, image.name));
  }
}
