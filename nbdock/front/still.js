// A widget without a kernel: JupyterLab says "Error displaying widget", although the output holds a summary beside it.
// That is shown instead.

const VIEW = "application/vnd.jupyter.widget-view+json";
const LOST = "Error displaying widget";
const PAUSE = 100;

export function still(notebooks) {
  const watch = (panel) => {
    let waiting = 0;
    const look = () => {
      waiting ||= setTimeout(() => ((waiting = 0), panel.isDisposed || mend(panel.content)), PAUSE);
    };
    const observer = new MutationObserver(look);
    observer.observe(panel.content.node, { childList: true, subtree: true });
    panel.disposed.connect(() => observer.disconnect());
    look();
  };
  notebooks.forEach(watch);
  notebooks.widgetAdded.connect((_, panel) => watch(panel));
}

const isLost = (node) => node.firstChild?.nodeType === Node.TEXT_NODE && node.firstChild.data.startsWith(LOST);

function mend(notebook) {
  for (const { outputArea } of notebook.widgets)
    outputArea?.widgets.forEach((widget, i) => {
      const lost = [...widget.node.querySelectorAll(".jp-OutputArea-output")].find(isLost);
      const output = outputArea.model.get(i);
      if (lost && output?.data[VIEW] && output.data["text/html"]) replace(lost, notebook.rendermime, output);
    });
}

async function replace(lost, rendermime, output) {
  const renderer = rendermime.createRenderer("text/html");
  lost.textContent = "";
  await renderer.renderModel(output);
  lost.replaceChildren(renderer.node);
}
