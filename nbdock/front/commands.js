// What can be done from JupyterLab's menus, palette and launcher. `schemas/nbdock/panel.json` says where each stands.

import { copy } from "./dom.js";
import { insert, pulling } from "./insert.js";

const ARCHIVE = /\.(tar|tar\.(gz|zst|bz2|xz)|tgz)$/i;

// Gives functions that take the commands away again.
export function commands(panel) {
  const { app, lab, icon, places } = panel;
  const t = (text, values) => panel.server.host.t(text, values);
  const ends = [];
  const add = (id, label, execute, more = {}) => ends.push(app.commands.addCommand(`nbdock:${id}`, { label, execute, describedBy: { args: {} }, ...more }));
  const rows = () => panel.rows();
  const named = (row) => row.tags[0] ?? row.digests[0] ?? row.id;
  const notebook = () => places.notebooks?.currentWidget;

  add("show", t("Container images"), () => panel.shell(), { icon });
  add("pull", t("Pull an image…"), async ({ reference = "" }) => (await panel.shell()).find(reference), { icon });
  add("prune", t("Prune images…"), async () => (await panel.shell()).plan(null));
  add("refresh", t("Refresh the images"), async () => (await panel.shell()).refresh());
  add("log-in", t("Log in to a registry…"), async () => (await panel.shell(), panel.host.tell({ about: "open account" })));
  add("open", t("Open layers"), ({ image }) => panel.open(image ?? rows()[0]?.id), { icon });
  add("archive", t("Open as images"), ({ path }) => panel.archive(path ?? panel.folders.selected()), { icon, isVisible: () => isArchive(panel) });
  add("copy-name", t("Copy name"), () => copy(rows().map(named).join("\n")), { icon: lab.ui.copyIcon });
  add("insert-pull", () => t("Insert {code}", { code: pulling(rows().slice(0, 1).map(named)) }), () => insert(notebook(), lab.notebook, pulling(rows().map(named))), { icon: lab.ui.addIcon, isEnabled: () => Boolean(notebook()) });
  add("delete", t("Delete…"), async () => {
    const chosen = rows().map((row) => row.id);
    (await panel.shell()).plan(chosen);
  }, { icon: lab.ui.deleteIcon });

  for (const id of ["show", "pull", "prune", "refresh", "log-in"]) ends.push(places.palette?.addItem({ command: `nbdock:${id}`, category: t("Container images") }));
  ends.push(places.launcher?.add({ command: "nbdock:show", category: "Other", rank: 50 }));
  return ends.filter(Boolean).map((each) => () => each.dispose());
}

function isArchive({ folders }) {
  const [item, ...more] = folders.items();
  if (!item || more.length) return false;
  return item.type === "directory" ? folders.layouts.has(item.path) : ARCHIVE.test(item.name);
}
