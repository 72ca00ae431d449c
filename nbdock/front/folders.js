// The file browser: what is selected there, and which of its folders are OCI layouts. That is asked when the pointer or
// the keyboard is among the files, so that it is known before a menu opens.

const FRESH = 20_000;
const FILES = ".jp-DirListing";

export class Folders {
  // `browsers` is JupyterLab's tracker of file browsers, if there is one.
  constructor(host, browsers, contents) {
    Object.assign(this, { host, browsers, contents, layouts: new Set(), asked: new Map() });
    this.look = (event) => event.target.closest?.(FILES) && this.ask();
    for (const name of ["pointerover", "keydown"]) document.addEventListener(name, this.look);
  }

  items() {
    return [...(this.browsers?.currentWidget?.selectedItems() ?? [])];
  }

  selected() {
    return this.items()[0]?.path;
  }

  async ask() {
    const path = this.browsers?.currentWidget?.model.path;
    if (path === undefined || Date.now() - (this.asked.get(path) ?? 0) < FRESH) return;
    this.asked.set(path, Date.now());
    try {
      for (const each of await this.host.ask("layouts", { path: this.contents.localPath(path) })) this.layouts.add(path ? `${path}/${each}` : each);
    } catch {
      // Where the server does not answer, no menu offers to ask it.
    }
  }

  remove() {
    for (const name of ["pointerover", "keydown"]) document.removeEventListener(name, this.look);
  }
}
