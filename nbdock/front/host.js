// Where a part runs: what it asks, what it is told, what it keeps. One host for each page that is shown.

import { age, duration, language, translate } from "./words.js";

// Somebody said no: `kind` is the name of nbdock's error, `hint` its remedy.
export class Refusal extends Error {
  constructor({ message, hint = "", kind = "" }) {
    super(message);
    Object.assign(this, { hint, kind });
  }
}

export class Host {
  // `send(name, asked, signal)` asks the back end, and gives a promise. `kept` has `get`, `set` and `on`.
  constructor(send, kept, wanted = "") {
    this.send = send;
    this.kept = kept;
    this.language = language(wanted);
    this.listeners = new Set();
    this.told = new Map();
  }

  t(text, values) {
    return translate(this.language, text, values);
  }

  age(seconds) {
    return age(this.language, seconds);
  }

  duration(seconds) {
    return duration(this.language, seconds);
  }

  ask(name, asked = {}, { signal } = {}) {
    return this.send(name, asked, signal);
  }

  get(name) {
    return this.kept.get(name);
  }

  set(name, value) {
    this.kept.set(name, value);
  }

  // Calls the listener when something that is kept changes, here or in Python. Gives a function that ends this.
  on(name, listener) {
    return this.kept.on(name, listener);
  }

  // Calls the listener with each message about this ("pull" is about "pull 3" too), first with what is shown already.
  hear(about, listener) {
    const entry = { about, listener };
    this.listeners.add(entry);
    for (const message of this.told.values()) if (concerns(message, about)) listener(message);
    return () => this.listeners.delete(entry);
  }

  tell(message) {
    if (message.gone) this.told.delete(message.about);
    else if (message.about.includes(" ")) this.told.set(message.about, message);
    for (const { about, listener } of [...this.listeners]) if (concerns(message, about)) listener(message);
  }

  // What the back end showed is forgotten: it will tell all of it again.
  forget() {
    for (const about of [...this.told.keys()]) this.tell({ about, gone: true });
  }

  // A line for the user, with at most one action. The shell, or JupyterLab, shows it.
  notice(text, { tone = "", action = null, seconds = 8 } = {}) {
    this.tell({ about: "notice", text, tone, action, seconds });
  }

  refused(error) {
    this.notice([error.message, error.hint].filter(Boolean).join("\n"), { tone: "error", seconds: 0 });
  }
}

function concerns(message, about) {
  return message.about === about || message.about.startsWith(`${about} `);
}

// What a page keeps as long as it is open, where no widget keeps it.
export function keeping() {
  const values = new Map();
  const listeners = new Map();
  return {
    get: (name) => values.get(name),
    set: (name, value) => {
      values.set(name, value);
      for (const listener of [...(listeners.get(name) ?? [])]) listener();
    },
    on: (name, listener) => {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => listeners.get(name).delete(listener);
    },
  };
}
