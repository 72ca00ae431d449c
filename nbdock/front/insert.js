// Code for the notebook that the user works in.

const PLAIN_NAME = /^[\w./:@-]+$/;

// What pulls images; a name that a magic's line could not hold is left to Python.
export function pulling(names) {
  return names.map((name) => (PLAIN_NAME.test(name) ? `%docker pull ${name}` : `nbdock.pull(${JSON.stringify(name)})`)).join("\n");
}

const LOADED = "'docker' in get_ipython().magics_manager.magics['line'], 'nbdock' in globals()";

// Whether the kernel has the magics and the module. It is asked with nothing left in its history; not while it is busy.
async function prepared(panel) {
  const kernel = panel.sessionContext.session?.kernel;
  if (kernel?.status !== "idle") return [false, false];
  const reply = await kernel.requestExecute({ code: "", silent: true, store_history: false, user_expressions: { known: LOADED } }).done;
  const text = reply.content.user_expressions?.known?.data?.["text/plain"] ?? "";
  return text.match(/True|False/g)?.map((each) => each === "True") ?? [false, false];
}

// In the active cell where it is empty, else in a new one below it; with `%load_ext nbdock` or `import nbdock` where the
// kernel has not seen it.
export async function insert(panel, { NotebookActions }, code) {
  const [magics, module] = await prepared(panel);
  const before = [code.includes("%docker ") && !magics && "%load_ext nbdock", code.includes("nbdock.pull(") && !module && "import nbdock"];
  const notebook = panel.content;
  const cell = notebook.activeCell;
  if (cell?.model.type !== "code" || cell.model.sharedModel.source.trim()) NotebookActions.insertBelow(notebook);
  notebook.activeCell.model.sharedModel.setSource([...before.filter(Boolean), code].join("\n"));
  notebook.activate();
}
