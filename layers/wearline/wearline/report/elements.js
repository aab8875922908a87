// Elements are made from text, never from markup: nothing that a stranger wrote is parsed.
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick" || name === "oninput" || name === "onchange") made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === "") continue;
    made.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return made;
}

// A stranger's text in its own direction: a mark for right to left in it ends with it.
function own(text) {
  return text === null || text === undefined || text === "" ? null : el("bdi", {}, text);
}

// Commands stand between backticks, as in every sentence of Wearline's own.
function withCommands(text) {
  return text.split("`").map((part, index) => index % 2 ? el("code", {}, part) : own(part));
}

function byId(id) {
  return document.getElementById(id);
}

function badge(state, more, attributes) {
  const [letter, word] = STATES[state];
  const tag = attributes ? "button" : "span";
  return el(tag, { class: `state ${state}`, ...(attributes ? { type: "button", ...attributes } : {}) },
    el("b", { "aria-hidden": "true" }, letter), el("span", {}, more ? `${word} ${more}` : word));
}

function labelled(text, control) {
  return el("label", {}, text, control);
}

function choice(text, options, changed) {
  const select = el("select", { onchange: () => changed(select.value) },
    options.map(([value, shown]) => el("option", { value }, shown)));
  return labelled(text, select);
}

function table(into, caption, heads, rows) {
  const head = heads.map((name, index) => name instanceof Node ? name
    : el("th", { scope: "col", class: rows[0]?.cells[index]?.className === "number" ? "number" : null }, own(name)));
  into.replaceChildren(el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}

function rowOf(first, ...cells) {
  const shown = cells.map((cell) => el("td", { class: typeof cell === "number" ? "number" : null },
    cell instanceof Node || typeof cell === "number" ? cell : own(cell)));
  return el("tr", {}, el("th", { scope: "row" }, first instanceof Node ? first : own(first)), shown);
}

function distinct(values) {
  return [...new Set(values.filter((value) => value !== null && value !== undefined && value !== ""))].sort();
}
