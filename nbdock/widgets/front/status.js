// A line that screen readers announce when it changes.

export default {
  render({ model, el }) {
    const line = document.createElement("div");
    line.className = "nbdock-status";
    line.setAttribute("role", "status");
    el.append(line);
    const show = () => {
      line.textContent = model.get("text");
      line.dataset.tone = model.get("tone");
    };
    model.on("change:text change:tone", show);
    show();
    return () => model.off("change:text change:tone", show);
  },
};
