// Subjects by visit and location.
function drawMatrix() {
  const columns = model.matrix.columns, subjects = model.matrix.subjects, tools = byId("matrix-tools");
  byId("matrix-legend").append(...Object.keys(STATES).map((state) => badge(state)));
  if (!subjects.length) {
    byId("matrix-table").replaceWith(el("p", {}, "No subject is known yet, by a recording or by metadata."));
    return;
  }
  const wanted = { text: "", site: "", state: "" };
  const texts = subjects.map((each) => `${each.subject} ${each.site || ""}`.toLowerCase());
  const search = el("input", { type: "search", oninput: () => { wanted.text = search.value.toLowerCase(); filter(); } });
  tools.append(labelled("Subject", search));
  tools.append(choice("Site", [["", "all"], ...distinct(subjects.map((each) => each.site)).map((site) => [site, site])],
    (site) => { wanted.site = site; filter(); }));
  tools.append(choice("Has a cell that is", [["", "anything"], ...Object.entries(STATES).map(([state, [, word]]) => [state, word])],
    (state) => { wanted.state = state; filter(); }));
  const heads = ["Subject", ...columns.map((each) => [each.visit || "no visit", each.location || "no location"].join(" "))];
  const show = pager(tools, 50, "subjects", (some) => table(byId("matrix-table"),
    "A letter and a word for each recording; press one for its page.", heads,
    some.map((each) => el("tr", {}, el("th", { scope: "row" }, own(each.subject)),
      each.cells.map((cell, index) => el("td", {}, cell ? cellOf(cell, each, heads[index + 1]) : null))))));
  function filter() {
    show(subjects.filter((each, index) => texts[index].includes(wanted.text)
      && (!wanted.site || each.site === wanted.site)
      && (!wanted.state || each.cells.some((cell) => cell && stateOf(cell) === wanted.state))));
  }
  filter();
}

function stateOf(cell) {
  return shownState(cell, cell.enough === false);
}

function cellOf(cell, subject, column) {
  const notes = [];
  if (cell.valid_days !== null) notes.push(cell.enough ? `${cell.valid_days} d worn` : `(${cell.valid_days})`);
  else if (cell.age_days !== null && cell.state !== "succeeded") notes.push(`${cell.age_days} d`);
  if (cell.stale) notes.push("stale");
  if (cell.duplicates.length) notes.push(`+${cell.duplicates.length} duplicate`);
  const state = stateOf(cell), more = notes.join(", ");
  if (cell.recording === null) return badge(state, more);
  const label = `${subject.subject}, ${column}: ${STATES[state][1]} ${more}`;
  return badge(state, more, { "aria-label": label, title: cell.why, onclick: () => openRecording(cell.recording) });
}
