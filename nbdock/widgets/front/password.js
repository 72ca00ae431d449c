// A password field with a button. The password is sent as a message, never as state, and the field is cleared at once:
// nothing is left that could be saved with a notebook.

export default {
  render({ model, el }) {
    const form = document.createElement("form");
    form.className = "nbdock-password";
    const label = document.createElement("label");
    label.textContent = model.get("label");
    const input = document.createElement("input");
    input.type = "password";
    input.autocomplete = "off";
    label.append(input);
    const button = document.createElement("button");
    button.type = "submit";
    button.className = "jupyter-button widget-button mod-primary nbdock-submit";
    button.textContent = model.get("button");
    form.append(label, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      model.send({ password: input.value });
      input.value = "";
    });
    el.append(form);
  },
};
