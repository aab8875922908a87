// One recording: its pictures, findings, provenance and history.
let pictures = null;

function pictureOf(recording, name) {
  pictures ??= JSON.parse(byId("pictures").textContent);
  return pictures[`${recording.run}/${name}`];
}

function openRecording(index) {
  const each = model.recordings[index], dialog = byId("recording");
  const close = el("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(
    el("div", { class: "bar" }, el("button", { type: "button", class: "plain", onclick: () => print() }, "Print this page"), close),
    el("h2", { id: "recording-title" }, own(place(each) || each.key)), ...standing(each), ...shownPictures(each),
    ...findings(each), ...numbers(each), ...provenance(each), ...history(each));
  dialog.showModal();
  close.focus();
  dialog.scrollTop = 0;
  document.body.classList.add("reading");
}

function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, told.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value instanceof Node ? value : own(value))]));
}

function standing(each) {
  const url = `s3://${each.bucket}/${each.key}`;
  return [facts([
    ["State", el("span", {}, badge(shownState(each, hasTooFew(each))), ` since ${moment(each.since)}`)],
    ["Why", each.why], ["Stale", each.stale], ["Site", each.site], ["Pipeline", each.pipeline],
    ["Valid days", each.valid_days == null ? null : `${each.valid_days} of at least ${model.valid_day.min_days}`],
    ["Outlier in", each.outliers.map((name) => model.measures.find((one) => one.name === name).label).join("; ")],
    ["File", url], ["What helps", el("code", {}, `wearline explain ${quoted(url)}`)],
  ])];
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\"'\"'")}'`;
}

function shownPictures(each) {
  return (each.pictures || []).flatMap((name) => {
    const png = pictureOf(each, name), path = each.folder + name;
    if (!png) return [el("p", {}, "Picture ", el("a", { href: encodeURI(path) }, path), " lies in the folder of the results; the link works in a copy of that folder.")];
    return [el("p", {}, el("img", { src: `data:image/png;base64,${png}`, alt: `${name.replace(/\.png$/, "")} of ${place(each)}; its figures are below` }))];
  });
}

function findings(each) {
  if (!each.findings) return [];
  const into = el("table", {});
  table(into, each.findings.length ? "About the recording, before any algorithm ran." : "None.", ["Finding", "Severity", "What was found", "Times"],
    each.findings.map(([code, severity, sentence, count]) => rowOf(code, el("span", { class: severity }, severity), sentence, count)));
  return [el("h3", {}, "Findings"), into];
}

function numbers(each) {
  if (!each.values) return [];
  const made = [el("h3", {}, "Headline biomarkers"), facts(model.measures.map((one) =>
    [one.label, each.values[one.name] === undefined ? null : `${figure(each.values[one.name])} ${one.unit}`]))];
  if (each.days.length) made.push(dated("Days", each.days, ["Recorded (h)", "Worn (h)", "MVPA (min)", "Sedentary (min)"]));
  if (each.nights.length) made.push(dated("Nights", each.nights, ["Asleep (min)", "Awake after onset (min)", "Efficiency (%)"]));
  return made;
}

function dated(caption, dates, heads) {
  const used = heads.map((_, column) => dates.some((date) => date[column + 1] !== null)), into = el("table", {});
  table(into, `${caption} by local date; empty: not computed.`, ["Date", ...heads.filter((_, column) => used[column])],
    dates.map(([date, ...values]) => rowOf(date, ...values.filter((_, column) => used[column]).map((value) => value === null ? "" : Number(figure(value))))));
  return into;
}

function provenance(each) {
  return [el("h3", {}, "Provenance"), facts([
    ["Run", each.run], ["Results", each.folder], ["Device", each.device], ["Serial number", each.serial_number],
    ["Format", each.format], ["First sample", moment(each.first)], ["Last sample", moment(each.last)],
    ["Recorded", each.recorded_h == null ? null : `${figure(each.recorded_h)} h`],
    ["SHA-256 of the file", each.sha256], ["Processor", [each.release, each.engine].filter(Boolean).join(", ")], ["Image", each.image],
    ["Cost", each.cost && each.cost.cpu_s ? `${figure(each.cost.cpu_s)} s of CPU, ${figure(each.cost.peak_memory_mib)} MiB at most` : null],
  ])];
}

function history(each) {
  const told = { event: "It arrived", sweep: "A sweep found it", person: "A person asked for it" };
  const lines = [[each.arrived, told[each.told_by] || "It was noticed"], ...(each.tries || []).map(([name, started, said]) => [started, `Try ${name} began. ${said}`]),
    ...(each.past || []).map(([run, state, why, until]) => [until, `Run ${run.slice(0, 12)} (${state}) no longer counts: ${why}`]),
    ...(each.ended ? [[each.ended, `The run ended: ${each.state}.`]] : [])];
  if (each.repeats) lines.push([each.since, `The same content came again ${each.repeats} times.`]);
  const into = el("table", {});
  table(into, "In order of time, UTC.", ["When", "What"], lines.sort(([one], [other]) => one.localeCompare(other)).map(([when, what]) => rowOf(moment(when), what)));
  return [el("h3", {}, "History"), into];
}
