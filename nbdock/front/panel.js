// The panel of JupyterLab and Notebook 7: a side bar with the images, tabs, commands. Of the application itself nothing
// is loaded before somebody looks at it.

import { commands } from "./commands.js";
import { Folders } from "./folders.js";
import { Server } from "./server.js";
import { Status } from "./status.js";
import { still } from "./still.js";
import { Toasts } from "./toasts.js";
import { View } from "./view.js";
import { plain } from "./words.js";

const ID = "nbdock:panel";
const SHEETS = ["look", "icons", "shell", "detail", "explorer", "pull", "panel"];
const DEFAULTS = { enabled: true, store: "", platform: "", concurrency: 4, registries: [], language: "" };
const MODULES_OF_LAB = {
  application: "@jupyterlab/application",
  apputils: "@jupyterlab/apputils",
  browser: "@jupyterlab/filebrowser",
  coreutils: "@jupyterlab/coreutils",
  launcher: "@jupyterlab/launcher",
  lumino: "@lumino/widgets",
  notebook: "@jupyterlab/notebook",
  services: "@jupyterlab/services",
  settings: "@jupyterlab/settingregistry",
  signaling: "@lumino/signaling",
  statusbar: "@jupyterlab/statusbar",
  ui: "@jupyterlab/ui-components",
};
const BOX =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3" fill="#616161" d="M12 2 2 7v10l10 5 10-5V7L12 2zm0 2.2L19 7.7l-7 3.5-7-3.5 7-3.5zM4 9.3l7 3.5v6.4l-7-3.5V9.3zm9 9.9v-6.4l7-3.5v6.4l-7 3.5z"/></svg>';

// Voila loads what is made for JupyterLab too, and has no place for it.
export async function plugins(shared) {
  const names = Object.keys(MODULES_OF_LAB);
  const found = await Promise.all(names.map((name) => shared(MODULES_OF_LAB[name])));
  if (found.includes(undefined)) return [];
  const lab = Object.fromEntries(names.map((name, i) => [name, found[i]]));
  const tokens = {
    restorer: lab.application.ILayoutRestorer,
    palette: lab.apputils.ICommandPalette,
    registry: lab.settings.ISettingRegistry,
    notebooks: lab.notebook.INotebookTracker,
    launcher: lab.launcher.ILauncher,
    bar: lab.statusbar.IStatusBar,
    browsers: lab.browser.IFileBrowserFactory,
  };
  const activate = (app, ...given) => start(lab, app, Object.fromEntries(Object.keys(tokens).map((name, i) => [name, given[i]])));
  return [{ id: ID, description: "Container images beside the notebook", autoStart: true, optional: Object.values(tokens), activate }];
}

// The panel is made again where a setting changes. Only the first one can be restored after a reload.
async function start(lab, app, places) {
  const settings = await places.registry?.load(ID).catch(() => null);
  const icon = new lab.ui.LabIcon({ name: "nbdock:images", svgstr: BOX });
  let [panel, known] = [null, ""];
  const apply = (restorer) => {
    const wanted = { ...DEFAULTS, ...settings?.composite };
    if (JSON.stringify(wanted) === known) return;
    known = JSON.stringify(wanted);
    panel?.remove();
    panel = wanted.enabled ? new Panel(lab, app, icon, { ...places, restorer }, wanted) : null;
  };
  apply(places.restorer);
  settings?.changed.connect(() => apply(null));
  if (panel && places.notebooks) still(places.notebooks);
}

class Panel {
  constructor(lab, app, icon, places, settings) {
    Object.assign(this, { lab, app, icon, places, tabs: app.name === "JupyterLab" ? new Map() : null }); // Notebook 7 has no tabs
    for (const name of SHEETS) style(name);
    this.server = new Server(lab.services, lab.coreutils, app.serviceManager.serverSettings, settings);
    this.host = this.server.page(this.tabs && { open: (row) => this.open(row.id) });
    this.folders = new Folders(this.host, places.browsers?.tracker, app.serviceManager.contents);
    this.side = this.sideBar();
    const toasts = new Toasts(lab.apputils, this.server.host, () => this.shell());
    const pulls = this.server.host.hear("pull", ({ gone }) => gone || this.side.ready()); // it says what became of them
    if (settings.registries.length) this.host.set("registries", ["", ...settings.registries]);
    this.ends = [() => this.server.end(), () => this.folders.remove(), () => this.side.widget.dispose(), pulls, () => toasts.remove(), this.status(), ...commands(this)];
    if (this.tabs) this.restoring();
    app.restored.then(() => (window.requestIdleCallback ?? setTimeout)(() => this.removed || this.server.connect()));
  }

  remove() {
    this.removed = true;
    for (const view of [...(this.tabs?.values() ?? [])]) view.tab.dispose();
    for (const end of this.ends.splice(0).reverse()) end();
  }

  // The side bar holds the whole application, in a column.
  sideBar() {
    const view = new View(this.lab.lumino, this.server, this.host, async (host) => {
      const { Shell } = await import("./shell.js");
      return new Shell(host, { narrow: true });
    });
    const { widget } = view;
    widget.id = "nbdock";
    widget.title.icon = this.icon;
    widget.title.caption = this.host.t("Container images");
    this.app.shell.add(widget, "left", { rank: 650, type: "nbdock" });
    this.places.restorer?.add(widget, "nbdock");
    // By its key: the row under a menu may be drawn anew while the menu is open.
    widget.node.addEventListener("contextmenu", ({ target }) => (this.pointed = target.closest("[data-key]")?.dataset.key), true);
    return view;
  }

  // In sight, with the application in it.
  async shell() {
    this.app.shell.activateById("nbdock");
    return this.side.ready();
  }

  // The rows of the list that a menu is for: all that is selected, if the one under it is.
  rows() {
    const chosen = this.host.get("chosen") ?? [];
    const wanted = new Set(!this.pointed || chosen.includes(this.pointed) ? chosen : [this.pointed]);
    return (this.side.part?.images ?? []).filter((row) => wanted.has(row.id));
  }

  status() {
    const status = new Status({ ...this.lab.lumino, ...this.lab.signaling }, this.server.host, () => this.shell());
    const item = this.places.bar?.registerStatusItem("nbdock:pulls", status.options());
    return () => (item?.dispose(), status.remove());
  }

  // Tabs, one for each image and each archive.

  restoring() {
    this.tracker = new this.lab.apputils.WidgetTracker({ namespace: "nbdock" });
    this.places.restorer?.restore(this.tracker, { command: "nbdock:restore", args: (tab) => tab.nbdock, name: (tab) => tab.id });
    const restore = this.app.commands.addCommand("nbdock:restore", { execute: ({ image, path }) => (image ? this.open(image) : this.archive(path)), describedBy: { args: {} } });
    this.ends.push(() => restore.dispose());
  }

  open(image) {
    if (!image) return undefined;
    if (!this.tabs) return this.shell().then(() => this.host.tell({ about: "open image", reference: image }));
    return this.tab({ image }, plain(image.slice(0, 19)), async (host, title) => {
      const { Opened } = await import("./opened.js");
      const acts = (row) => this.side.part?.actions(row).map((node) => (node.addEventListener("click", () => this.shell(), true), node)) ?? [];
      const remove = async (names) => (await this.shell()).plan(names);
      await this.side.ready();
      return new Opened(host, image, (row) => (title.label = plain(row.tags[0] ?? row.id.slice(7, 19), 40)), { actions: acts, remove });
    });
  }

  async archive(path) {
    if (!path) return undefined;
    const { Archive } = await import("./archive.js");
    const inside = this.app.serviceManager.contents.localPath(path);
    if (!this.tabs) return (await this.shell()).show(new Archive(this.host, inside));
    return this.tab({ path }, plain(path.split("/").at(-1), 40), (host) => new Archive(host, inside));
  }

  // The tab of what is asked for: the one that is there, or a new one.
  tab(asked, label, build) {
    const id = `nbdock-${JSON.stringify(asked)}`;
    const known = this.tabs.get(id) ?? this.added(asked, id, label, build);
    this.app.shell.activateById(id);
    return known.tab;
  }

  added(asked, id, label, build) {
    const view = new View(this.lab.lumino, this.server, this.server.page(), (host) => build(host, view.tab.title));
    view.tab = new this.lab.apputils.MainAreaWidget({ content: view.widget });
    Object.assign(view.tab, { id, nbdock: asked });
    Object.assign(view.tab.title, { label, icon: this.icon, closable: true });
    view.tab.toolbar.hide();
    view.tab.disposed.connect(() => this.tabs.delete(id));
    this.tabs.set(id, view);
    this.tracker.add(view.tab);
    this.app.shell.add(view.tab, "main");
    return view;
  }
}

function style(name) {
  const href = new URL(`${name}.css`, import.meta.url).href;
  if (![...document.styleSheets].some((sheet) => sheet.href === href)) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}
