// A list of any length, shown a page at a time; on paper as much of it as fits one reading.
const ON_PAPER = 400;
const pagers = [];

function pager(tools, size, noun, show) {
  let items = [], first = 0;
  const said = el("output", { "aria-live": "polite" });
  const before = el("button", { type: "button", onclick: () => turn(-size) }, "Previous");
  const after = el("button", { type: "button", onclick: () => turn(size) }, "Next");
  tools.append(before, after, said);
  function turn(by) {
    first = Math.min(Math.max(0, first + by), Math.max(0, items.length - 1));
    first -= first % size;
    draw();
  }
  function draw(most = size) {
    const last = Math.min(first + most, items.length);
    show(items.slice(first, last));
    before.disabled = first === 0;
    after.disabled = last >= items.length;
    before.hidden = after.hidden = items.length <= size;
    said.value = items.length ? `${first + 1} to ${last} of ${items.length} ${noun}` : `no ${noun}`;
  }
  pagers.push({ paper: () => { first = 0; draw(ON_PAPER); }, screen: () => draw() });
  return (given) => { items = given; first = 0; draw(); };
}

addEventListener("beforeprint", () => pagers.forEach((each) => each.paper()));
addEventListener("afterprint", () => pagers.forEach((each) => each.screen()));
