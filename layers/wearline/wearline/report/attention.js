// What a person must do, most urgent first; and the study in a few figures.
function drawAttention() {
  const list = byId("attention-list"), tools = el("div", { class: "tools" });
  list.before(tools);
  if (!model.attention.length) {
    list.replaceWith(el("p", {}, "Nothing needs a person now."));
    return;
  }
  const kinds = new Map();
  model.attention.forEach((each) => kinds.set(each.kind, (kinds.get(each.kind) || 0) + 1));
  const show = pager(tools, 10, "matters", (some) => list.replaceChildren(...some.map(matter)));
  const options = [...kinds].map(([kind, count]) => [kind, `${PROBLEMS[kind] || kind} (${count})`]);
  tools.prepend(choice("Kind", [["", `all (${model.attention.length})`], ...options],
    (kind) => show(model.attention.filter((each) => !kind || each.kind === kind))));
  show(model.attention);
}

function matter(each) {
  const age = daysSince(each.since);
  const title = [PROBLEMS[each.kind] || each.kind, age === null ? "" : ` for ${age} d`, each.concerns ? ": " : ""];
  return el("li", { class: URGENT.has(each.kind) ? "urgent" : null },
    el("p", { class: "what" }, title.join(""), own(each.concerns)),
    el("p", {}, own(each.sentence)),
    el("p", {}, "What to do: ", ...withCommands(each.next_step), " ", each.command ? el("code", {}, each.command) : null),
    each.recording === null ? null
      : el("p", {}, el("button", { class: "link", type: "button", onclick: () => openRecording(each.recording) },
        "Open ", own(place(model.recordings[each.recording]) || model.recordings[each.recording].key))));
}

function drawFigures() {
  const counts = model.counts, states = counts.states;
  const figures = [
    ["Subjects", counts.subjects], ["Expected recordings", counts.expected], ["of them succeeded", counts.succeeded],
    ["with enough valid days", counts.enough_days], ["of them missing", counts.missing],
    ["Runs waiting", states.waiting], ["on their way", states.ready + states.running], ["failed", states.failed],
    ["excluded", states.excluded], ["stale", counts.stale], ["Open problems", counts.problems],
  ];
  byId("figures").append(...figures.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
