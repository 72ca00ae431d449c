// The panel's host: the Jupyter server answers it. Questions go over HTTP; a socket tells what happens.

import { Host, Refusal, keeping } from "./host.js";

const SOONEST = 500;
const LATEST = 30_000;
const NO_SERVER = "server extension"; // a 404 that is not nbdock's own

export class Server {
  // `settings` are nbdock's: another store and platform than the server's own, pulls at a time, and a language.
  constructor({ ServerConnection }, { URLExt }, connection, settings) {
    const chosen = Object.entries({ store: settings.store, platform: settings.platform, at_once: settings.concurrency }).filter(([, value]) => value);
    Object.assign(this, { requests: ServerConnection, connection, pause: SOONEST, open: null });
    this.address = (base, path, more = []) => {
      const query = String(new URLSearchParams([...chosen, ...more]));
      return URLExt.join(base, "nbdock", path) + (query && `?${query}`);
    };
    this.host = new Host((name, asked, signal) => this.ask(name, asked, signal), keeping(), settings.language);
  }

  // A host for one more page: what it keeps is its own, what it is told is everybody's.
  page(more = {}) {
    return Object.assign(Object.create(this.host), { kept: keeping() }, more);
  }

  // Tokens, cookies and XSRF are makeRequest's.
  async ask(name, asked, signal) {
    const request = { method: "POST", body: JSON.stringify(asked), signal };
    const answer = await this.request(this.address(this.connection.baseUrl, `ask/${name}`), request);
    const text = await answer.text();
    const found = answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : {};
    if (answer.ok) return found;
    if (found.kind) throw new Refusal(found);
    throw this.refusal(answer, found);
  }

  async request(address, request) {
    try {
      return await this.requests.makeRequest(address, request, this.connection);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw new Refusal({ message: this.host.t("The Jupyter server does not answer."), hint: this.host.t("Is it still running?"), kind: "Unreachable" });
    }
  }

  refusal(answer, { message }) {
    const t = this.host.t.bind(this.host);
    if (answer.status !== 404) return new Refusal({ message: message || `${answer.status} ${answer.statusText}` });
    return new Refusal({ message: t("The server's part of nbdock is missing."), hint: t("Run `jupyter server extension enable nbdock.lab` and start the server again."), kind: NO_SERVER });
  }

  // Tries again and again, later and later. Where nothing ever answered, there is nothing to say.
  connect() {
    const { wsUrl, token, appendToken, WebSocket } = this.connection;
    this.socket = new WebSocket(this.address(wsUrl, "events", token && appendToken ? [["token", token]] : []));
    this.socket.onopen = () => {
      this.pause = SOONEST;
      this.connected(true);
      this.host.tell({ about: "store" });
    };
    this.socket.onmessage = ({ data }) => this.host.tell(JSON.parse(data));
    this.socket.onclose = () => {
      if (this.open) this.connected(false);
      this.trying = setTimeout(() => this.connect(), this.pause * (1 + Math.random() / 2));
      this.pause = Math.min(2 * this.pause, LATEST);
    };
  }

  // What was shown is told again by whichever server answers.
  connected(open) {
    this.open = open;
    if (open) this.host.forget();
    this.host.tell({ about: "connection", open });
  }

  end() {
    clearTimeout(this.trying);
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}
