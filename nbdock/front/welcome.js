// What an empty store shows.

import { Part } from "./dom.js";

export class Welcome extends Part {
  constructor(host) {
    super(host, "nbdock-welcome");
  }
}
