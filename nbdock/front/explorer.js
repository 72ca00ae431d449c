// The files of an image.

import { Part } from "./dom.js";

export class Explorer extends Part {
  constructor(host, image) {
    super(host, "nbdock-explorer");
    this.image = image;
  }
}
