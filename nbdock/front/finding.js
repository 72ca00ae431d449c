// From a word to an image: search a registry, choose a tag and a platform, see the price, pull.

import { Part } from "./dom.js";

export class Finder extends Part {
  constructor(host) {
    super(host, "nbdock-finder");
  }
}
