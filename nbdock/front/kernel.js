// A part in the output of a cell: the kernel behind it answers. This is the module that anywidget shows.

import { make } from "./dom.js";
import { Host, Refusal } from "./host.js";
import { Page } from "./page.js";
import { part } from "./parts.js";

const PATIENCE = 2000; // milliseconds until a kernel that came or went has answered, if it is there

let asked = 0;

function host(model) {
  const waiting = new Map();
  const send = (name, values, signal) =>
    new Promise((answered, refused) => {
      const number = `${++asked}-${Math.random().toString(36).slice(2)}`;
      waiting.set(number, { answered, refused });
      signal?.addEventListener("abort", () => {
        if (waiting.delete(number)) model.send({ cancel: number });
        refused(signal.reason);
      });
      model.send({ ask: number, name, values });
    });
  const kept = {
    get: (name) => model.get(name),
    set: (name, value) => (model.set(name, value), model.save_changes()),
    on: (name, listener) => {
      model.on(`change:${name}`, listener);
      return () => model.off(`change:${name}`, listener);
    },
  };
  const made = new Host(send, kept, model.get("language"));
  const heard = (message) => {
    const asking = waiting.get(message.answer);
    if (message.tell) made.tell(message.tell);
    else if (asking && waiting.delete(message.answer)) message.error ? asking.refused(new Refusal(message.error)) : asking.answered(message.value);
  };
  model.on("msg:custom", heard);
  return [made, () => model.off("msg:custom", heard)];
}

export default {
  render({ model, el }) {
    const [made, end] = host(model);
    const root = make("div", { className: "nbdock tex2jax_ignore mathjax_ignore" });
    el.append(root);
    const shown = part(made, model.get("part"));
    root.append(shown.node);
    const page = new Page(root, made);
    let waiting = 0;
    const join = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => page.end(true), PATIENCE);
      try {
        model.send({ joined: true });
      } catch {
        // the way to the kernel is closed: the page will say so
      }
    };
    made.hear("joined", () => (clearTimeout(waiting), page.end(false)));
    model.on("comm_live_update", join); // ipywidgets: the kernel came or went
    model.send({ joined: true });
    return () => {
      clearTimeout(waiting);
      model.off("comm_live_update", join);
      page.remove();
      shown.remove();
      end();
    };
  },
};
