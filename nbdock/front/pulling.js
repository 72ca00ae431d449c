// The pulls that go on, a line each.

import { Part } from "./dom.js";

export class Pulls extends Part {
  constructor(host) {
    super(host, "nbdock-pulls");
  }
}
