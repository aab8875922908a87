// The list of recordings, and the order in which the page is drawn.
const COLUMNS = [
  ["Recording", (each) => place(each) || each.key], ["Site", (each) => each.site || ""], ["Pipeline", (each) => each.pipeline || ""],
  ["State", (each) => shownState(each, hasTooFew(each))], ["Since", (each) => each.since], ["Valid days", (each) => each.valid_days ?? -1],
  ["Findings", (each) => -grave(each)], ["Device", (each) => `${each.device || ""} ${each.serial_number || ""}`],
];

function grave(each) {
  return (each.findings || []).filter(([, severity]) => severity !== "info").length;
}

function drawRecordings() {
  const tools = byId("recordings-tools"), wanted = { text: "", state: "" }, order = { column: -1, down: false };
  const texts = model.recordings.map((each) => [each.key, each.subject, each.site, each.serial_number, each.pipeline].join(" ").toLowerCase());
  const search = el("input", { type: "search", oninput: () => { wanted.text = search.value.toLowerCase(); filter(); } });
  tools.append(labelled("Key, subject, site, device", search));
  tools.append(choice("State", [["", "all"], ...Object.entries(STATES).filter(([state]) => state !== "missing").map(([state, [, word]]) => [state, word])],
    (state) => { wanted.state = state; filter(); }));
  const heads = COLUMNS.map(([name], column) => el("th", { scope: "col" }, el("button", { type: "button", onclick: () => sort(column) }, name)));
  const show = pager(tools, 25, "recordings", (some) => table(byId("recordings-table"), "A line for each file and pipeline. Press a head to sort, a recording for its page.", heads, some.map(line)));
  function sort(column) {
    order.down = order.column === column && !order.down;
    order.column = column;
    heads.forEach((head, index) => index === column ? head.setAttribute("aria-sort", order.down ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
    filter();
    heads[column].firstChild.focus();
  }
  function filter() {
    const found = model.recordings.map((_, index) => index).filter((index) => texts[index].includes(wanted.text)
      && (!wanted.state || shownState(model.recordings[index], hasTooFew(model.recordings[index])) === wanted.state));
    if (order.column >= 0) {
      const keys = new Map(found.map((index) => [index, COLUMNS[order.column][1](model.recordings[index])])), sign = order.down ? -1 : 1;
      found.sort((one, other) => sign * (keys.get(one) < keys.get(other) ? -1 : keys.get(one) > keys.get(other) ? 1 : 0));
    }
    show(found);
  }
  filter();
}

function line(index) {
  const each = model.recordings[index], marks = [each.outliers.length ? "◆ outlier" : "", each.stale ? "stale" : ""].filter(Boolean).join(", ");
  const open = el("button", { class: "link", type: "button", onclick: () => openRecording(index) }, own(place(each) || each.key));
  const worst = (each.findings || []).find(([, severity]) => severity !== "info");
  return rowOf(open, each.site, each.pipeline, el("span", {}, badge(shownState(each, hasTooFew(each))), marks ? ` ${marks}` : ""), moment(each.since),
    each.valid_days == null ? "" : each.valid_days, worst ? `${grave(each)}: ${worst[0]}` : "", [each.device, each.serial_number].filter(Boolean).join(" "));
}

byId("recording").addEventListener("close", () => document.body.classList.remove("reading"));
drawFigures();
drawAttention();
drawMatrix();
drawFlow();
drawQuality();
drawWear();
drawBiomarkers();
drawRecordings();
document.documentElement.dataset.drawn = "yes";
