// A password and its button. The password leaves the field as a message of its own, never as state, and the field is
// emptied at once: there is nothing that could be saved with a notebook.

export default {
  render({ model, el }) {
    const form = document.createElement("form");
    form.className = "nbdock-secret";
    form.setAttribute("data-lm-suppress-shortcuts", "true");
    const label = document.createElement("label");
    label.textContent = model.get("label");
    const input = document.createElement("input");
    input.type = "password";
    input.autocomplete = "off";
    label.append(input);
    const button = document.createElement("button");
    button.type = "submit";
    button.className = "jupyter-button widget-button nbdock-submit";
    button.textContent = model.get("button");
    form.append(label, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      model.send({ secret: input.value });
      input.value = "";
    });
    el.append(form);
  },
};
