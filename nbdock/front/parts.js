// The parts that are shown by themselves, by the name that Python gives them.

import { Account } from "./account.js";
import { Detail } from "./detail.js";
import { Part, make } from "./dom.js";
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

// A search with the pulls that it begins, and the account that they may need.
class Search extends Part {
  constructor(host) {
    super(host, "nbdock-search");
    this.finder = new Finder(host, { name: host.get("query") ?? "" });
    this.place = make("div");
    const [first, ...others] = [this.finder, new Pulls(host), new Notices(host)].map((each) => this.own(each).node);
    this.node.append(first, this.place, ...others);
    this.own(host.on("query", () => this.finder.find(host.get("query") ?? "")));
    this.hear("open account", ({ registry }) => this.account(registry));
    this.hear("accounts", () => this.shut());
    this.own(() => this.shut());
  }

  account(registry) {
    this.shut();
    this.shown = new Account(this.host, { registry });
    this.place.replaceChildren(this.shown.node);
    this.shown.focus();
  }

  shut() {
    this.shown?.remove();
    this.shown = null;
  }
}

const PARTS = { account: Account, application: Shell, detail: Detail, explorer: Explorer, finder: Finder, image: One, pulls: Pulls, search: Search, welcome: Welcome };

export function part(host, name, ...options) {
  return new PARTS[name](host, ...options);
}
