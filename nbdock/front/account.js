// Log in to registries, and out of them.

import { Part } from "./dom.js";

export class Account extends Part {
  constructor(host) {
    super(host, "nbdock-account");
  }
}
