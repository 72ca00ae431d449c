// What a frame can do where scripts run: a click on a heading sorts the rows, a click on a digest copies it, and so does
// the keyboard. Where none runs, the table has no button that does nothing. What a table says is read and moved, never
// parsed. A notebook carries this text, on one line without comments: see script.py.

window.nbdockFrames = () => {
  const DIGEST = /^([\w+.-]+:)?[0-9a-f]{64,}$/;
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const ARROW = { none: "↕", ascending: "↑", descending: "↓" };
  const SILENT = "data-lm-suppress-shortcuts"; // JupyterLab's: Enter on a button is no command
  const PLAIN = "font:inherit;color:inherit;text-align:inherit;background:none;border:0;padding:0;";
  const PILL = "position:absolute;z-index:2;padding:.1em .5em;border:1px solid #767676;background:#222;color:#fff;";
  const { compare } = new Intl.Collator("en", { numeric: true });

  // A cell's title is its value in full; an empty one is that of a value that is absent.
  const value = (cell) => (cell.hasAttribute("title") ? cell.title : cell.textContent);

  const button = (cell, look, press) => {
    const made = document.createElement("button");
    made.type = "button";
    made.style = PLAIN + look;
    made.setAttribute(SILENT, "");
    made.append(...cell.childNodes);
    made.onclick = press;
    cell.append(made);
    return made;
  };

  // Numbers and times by what they are, text with the numbers in it as versions are; equal rows stay in their order.
  const sorted = (rows, at, head, sign) => {
    const number = head.style.textAlign === "right" ? Number : head.style.whiteSpace ? Date.parse : () => 0;
    const keys = new Map(rows.map((row) => [row, value(row.cells[at])]));
    const order = (a, b) => (a === "") - (b === "") || sign * (number(a) - number(b) || compare(a, b));
    return [...rows].sort((a, b) => order(keys.get(a), keys.get(b)));
  };

  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], rows = [...body.rows];
    const partial = rows.some((row) => row.cells.length !== heads.length); // rows are left out: theirs is no order
    if (rows.length < 2 || partial) return;
    const turn = (head, to) => {
      head.ariaSort = to;
      head.querySelector("span").textContent = ARROW[to];
    };
    const named = heads.filter((head) => head.textContent && head.scope);
    for (const head of named) {
      const mark = document.createElement("span");
      mark.ariaHidden = "true";
      mark.style = "opacity:.6;margin-left:.3em";
      button(head, "cursor:pointer", () => {
        const to = NEXT[head.ariaSort];
        for (const each of named) turn(each, each === head ? to : "none");
        body.append(...(to === "none" ? rows : sorted(rows, heads.indexOf(head), head, to === "ascending" ? 1 : -1)));
      }).append(mark);
      turn(head, "none");
    }
  };

  // In the way that needs neither HTTPS nor a permission, which an output's frame may not have.
  const copied = (text) => {
    const fill = (event) => {
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    addEventListener("copy", fill, true);
    const done = document.execCommand("copy");
    removeEventListener("copy", fill, true);
    return done;
  };

  const copyable = (area) => {
    const frame = area.parentNode, said = frame.appendChild(document.createElement("output"));
    let timer;
    frame.style.position = "relative";
    const say = (words, beside) => {
      const { left, bottom } = beside.getBoundingClientRect(), own = frame.getBoundingClientRect();
      said.style = `${PILL}left:${left - own.left}px;top:${bottom - own.top}px`;
      said.replaceChildren(words);
      clearTimeout(timer);
      timer = setTimeout(() => said.replaceChildren((said.style = "")), 2500);
    };
    for (const cell of area.querySelectorAll("td,tbody th")) {
      const text = value(cell);
      if (!DIGEST.test(text)) continue;
      const made = button(cell, "cursor:copy;text-decoration:underline dotted", () => say(copied(text) ? "Copied" : text, made));
      made.ariaLabel = "Copy " + cell.textContent;
    }
  };

  // With nothing in it to tab to, it takes the focus itself, so that the arrow keys scroll it.
  const scrollable = (area) => {
    const cut = area.scrollWidth > area.clientWidth || area.scrollHeight > area.clientHeight;
    const alone = cut && !area.querySelector("button");
    area.toggleAttribute(SILENT, alone);
    if (alone) area.tabIndex = 0;
    else area.removeAttribute("tabindex");
  };

  for (const area of document.querySelectorAll(".nbdock-frame:not([data-live])")) {
    area.dataset.live = "";
    for (const table of area.querySelectorAll("table:has(thead)")) sortable(table);
    copyable(area);
    new ResizeObserver(() => scrollable(area)).observe(area);
  }
};
window.nbdockFrames();
