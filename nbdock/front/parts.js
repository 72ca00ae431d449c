// The parts that are shown by themselves, by the name that Python gives them.

import { Account } from "./account.js";
import { Detail } from "./detail.js";
import { Part } from "./dom.js";
import { Explorer } from "./explorer.js";
import { Finder } from "./finding.js";
import { Notices } from "./notices.js";
import { Pulls } from "./pulling.js";
import { Shell } from "./shell.js";
import { Welcome } from "./welcome.js";

// An image by its name, and again when the store or the name changes.
class One extends Part {
  constructor(host) {
    super(host);
    this.detail = this.own(new Detail(host, {}));
    this.notices = this.own(new Notices(host));
    this.node.append(this.detail.node, this.notices.node);
    this.own(host.on("image", () => this.refresh()));
    this.hear("store", () => this.refresh());
    this.refresh();
  }

  refresh() {
    this.ask("image", { name: this.host.get("image") }, (image) => this.detail.show(image));
  }
}

// A search with the pulls that it begins.
class Search extends Part {
  constructor(host) {
    super(host, "nbdock-search");
    const parts = [new Finder(host, { name: host.get("query") ?? "", done: () => {} }), new Pulls(host), new Notices(host)];
    this.node.append(...parts.map((each) => this.own(each).node));
  }
}

const PARTS = { account: Account, application: Shell, detail: Detail, explorer: Explorer, finder: Finder, image: One, pulls: Pulls, search: Search, welcome: Welcome };

export function part(host, name, ...options) {
  return new PARTS[name](host, ...options);
}
