// What JupyterLab's module federation asks for, written by hand: there is nothing to build. `init` is given the modules
// that the page shares, `get` gives the plugins. All else are plain modules beside this file.

(() => {
  // At once, and side by side, not as each is found to import the next: the page waits for what `get` gives.
  const MODULES = ["dom", "insert", "commands", "folders", "korean", "words", "host", "server", "status", "still", "notices", "toasts", "page", "view", "panel"];
  const at = (name) => new URL(`${name}.js`, document.currentScript.src).href;
  for (const name of MODULES) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href: at(name) }));
  const panel = import(at("panel"));
  let scope;

  // The one that the page itself uses, since a second copy of a token would be another token. Undefined without one.
  async function shared(name) {
    const versions = Object.entries(scope[name] ?? {}).sort(([a], [b]) => b.localeCompare(a, "en", { numeric: true }));
    const [, found] = versions.find(([, each]) => each.loaded) ?? versions[0] ?? [];
    return found && (await found.get())();
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.nbdock = {
    init: (modules) => {
      scope = modules;
    },
    get: async () => {
      const found = await (await panel).plugins(shared);
      return () => ({ __esModule: true, default: found });
    },
  };
})();
