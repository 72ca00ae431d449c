// Who is logged in to which registry; log in, log out.

import { Combo } from "./choices.js";
import { Part, button, field, form, make } from "./dom.js";
import { registryName } from "./naming.js";
import { Telling } from "./remedies.js";
import { plain } from "./words.js";

// `registry` is the one to log in to.
export class Account extends Part {
  constructor(host, { registry = "" } = {}) {
    super(host, "nbdock-account");
    this.list = make("ul", { className: "nbdock-logins" });
    this.none = make("p", { className: "nbdock-quiet", hidden: true }, this.t("You are not logged in anywhere. Public images need no login."));
    this.problems = make("p", { className: "nbdock-problems" });
    this.told = this.own(new Telling(host));
    this.node.append(make("h2", {}, this.t("Accounts")), this.list, this.none, this.problems, make("h3", {}, this.t("Log in")), this.fields(registry), this.told.node);
    this.hear("accounts", () => this.refresh());
    this.refresh();
  }

  focus() {
    this.user.focus();
  }

  fields(registry) {
    const t = this.t;
    this.registry = this.own(new Combo(this.host, { label: t("Registry"), placeholder: "Docker Hub", show: registryName, changed: () => {} }));
    this.registry.value = registry;
    this.registry.offer([]);
    const user = field(t("User name"), { autocapitalize: "none" });
    const password = field(t("Password or token"), { type: "password", autocomplete: "new-password" });
    Object.assign(this, { user: user.input, password: password.input });
    this.session = make("input", { type: "checkbox", checked: true });
    this.act = button(t("Log in"), () => this.login(), { look: "nbdock-primary" });
    const memory = make("label", { className: "nbdock-choice" }, this.session, make("span", {}, t("Keep in memory only")));
    return form(() => this.login(), make("div", { className: "nbdock-credentials" }, this.registry.node, user.node, password.node), make("div", { className: "nbdock-line" }, this.act, memory));
  }

  refresh() {
    this.ask("logins", {}, ({ logins, problems }) => {
      const focused = this.list.contains(document.activeElement);
      this.list.replaceChildren(...logins.map((each) => this.row(each)));
      this.none.hidden = logins.length > 0;
      this.problems.textContent = problems.map((each) => plain(each)).join("\n");
      if (focused) (this.list.querySelector("button") ?? this.user).focus();
    });
  }

  row({ registry, user, kept }) {
    const where = plain(registryName(registry));
    return make(
      "li",
      { className: "nbdock-login" },
      make("b", { className: "nbdock-where" }, where),
      make("span", { className: "nbdock-who" }, user === "<token>" ? this.t("with a token") : plain(user)),
      make("span", { className: "nbdock-kept nbdock-quiet" }, kept ? this.t("kept in {place}", { place: plain(kept) }) : this.t("in memory only")),
      button(this.t("Log out"), () => this.logout(registry), { ariaLabel: this.t("Log out of {where}", { where }) }),
    );
  }

  // The password leaves the page once, in the question: the field is empty before there is an answer.
  login() {
    const values = { registry: this.registry.input.value.trim(), user: this.user.value.trim(), password: this.password.value, session: this.session.checked };
    if (values.registry === registryName("")) values.registry = "";
    const missing = !values.user ? this.user : !values.password ? this.password : null;
    if (missing) return missing.focus(), this.told.say(missing === this.user ? this.t("Type a user name.") : this.t("Type the password."), "error");
    this.password.value = "";
    const cancel = () => (this.stop("login"), this.told.say(this.t("Cancelled.")));
    this.told.wait(this.t("Logging in…"), values.registry, cancel);
    const { registry, session } = values;
    this.ask("login", values, (found) => this.in(registry, session, found), (error) => this.refused(registry, error));
  }

  in(registry, session, { problems }) {
    const where = plain(registryName(registry));
    const clear = session ? "" : this.t("The password is kept in a file: log out when you are done.");
    this.told.say([this.t("Logged in to {where}.", { where }), clear, ...problems.map((each) => plain(each))].filter(Boolean).join(" "), "good");
  }

  refused(registry, error) {
    const where = plain(registryName(registry));
    if (error.kind === "Unauthorized") this.told.say(this.t("{where} does not accept this user name and password.", { where }), "error");
    else this.told.fail(error, { registry });
    this.password.focus();
  }

  logout(registry) {
    const done = ({ problems }) => this.told.say([this.t("Logged out of {where}.", { where: plain(registryName(registry)) }), ...problems.map((each) => plain(each))].join(" "));
    this.ask("logout", { registry }, done, (error) => this.told.fail(error, { registry }));
  }
}
