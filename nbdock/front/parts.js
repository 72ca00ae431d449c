// The parts that are shown by themselves, by the name that Python gives them.

import { Account } from "./account.js";
import { Detail } from "./detail.js";
import { Explorer } from "./explorer.js";
import { Finder } from "./finding.js";
import { Pulls } from "./pulling.js";
import { Shell } from "./shell.js";
import { Welcome } from "./welcome.js";

const PARTS = { account: Account, application: Shell, detail: Detail, explorer: Explorer, finder: Finder, pulls: Pulls, welcome: Welcome };

export function part(host, name, ...options) {
  return new PARTS[name](host, ...options);
}
