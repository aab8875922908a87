// Charts by Plotly, which is woken when the first of them comes into view. Each has its figures as
// a table beside it, for a reader without eyes for charts.
const CALM = { displayModeBar: false, responsive: true, staticPlot: false };
const FONT = { family: 'system-ui, "Segoe UI", "Liberation Sans", sans-serif', size: 13, color: "#1b2733" };
const charts = new Map();
const MOST_BARS = 120;

function plotly() {
  const text = byId("charts-library").textContent;
  if (!window.Plotly && text) {
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
  }
  return window.Plotly;
}

// Plotly reads a few tags of HTML in its labels: a stranger's text must not have any.
function plain(text) {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return short.replace(/[\u202a-\u202e\u2066-\u2069]/g, "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function chart(id, label, traces, layout, picked) {
  charts.set(id, () => {
    const node = byId(id), library = plotly();
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", label);
    if (!library) { node.hidden = true; return; }
    const common = { font: FONT, margin: { l: 60, r: 20, t: 40, b: 60 }, paper_bgcolor: "#fff", plot_bgcolor: "#fff",
      legend: { orientation: "h", y: 1.12 }, ...layout };
    library.react(node, traces, common, CALM);
    if (picked && !node.dataset.picks) {
      node.dataset.picks = "yes";
      node.on("plotly_click", (event) => picked(event.points[0]));
    }
  });
  if (seen.has(id)) charts.get(id)();
  else watcher.observe(byId(id));
}

const seen = new Set();
const watcher = new IntersectionObserver((entries) => entries.forEach((entry) => {
  if (entry.isIntersecting && !seen.has(entry.target.id)) drawSeen(entry.target.id);
}), { rootMargin: "200px" });

function drawSeen(id) {
  seen.add(id);
  charts.get(id)();
}

// A4 less its margins, in the pixels of print; two charts share a line.
const PAPER = 680;

addEventListener("beforeprint", () => charts.forEach((_, id) => {
  if (!seen.has(id)) drawSeen(id);
  const node = byId(id);
  if (!node.hidden) Plotly.relayout(node, { width: node.parentElement.className === "pair" ? PAPER / 2 - 10 : PAPER });
}));

addEventListener("afterprint", () => charts.forEach((_, id) => {
  if (!byId(id).hidden) Plotly.relayout(byId(id), { width: null, autosize: true });
}));

function drawFlow() {
  if (!model.flow.length) { byId("flow-chart").replaceWith(el("p", {}, "No file has arrived yet.")); return; }
  const days = spans(model.flow);
  const names = [["arrived", "Files arrived", "#5b7fa6", ""], ["succeeded", "Runs succeeded", "#2a7d4f", "/"], ["failed", "Runs failed", "#a11221", "x"]];
  const sums = names.map(([name]) => days.reduce((sum, each) => sum + each[name], 0));
  chart("flow-chart", `${sums[0]} files arrived, ${sums[1]} runs succeeded and ${sums[2]} failed, by ${days.step}.`,
    names.map(([name, shown, color, shape]) => ({ type: "bar", name: shown, x: days.map((each) => each.day),
      y: days.map((each) => each[name]), marker: { color, pattern: { shape, fillmode: "overlay", fgcolor: "#fff", fgopacity: 0.9, size: 6 } } })),
    { barmode: "group", xaxis: { type: "category", nticks: 12 }, yaxis: { title: { text: "files and runs" }, rangemode: "tozero" } });
  table(byId("flow-table"), `By ${days.step}, UTC.`, [days.step, ...names.map(([, shown]) => shown)],
    days.map((each) => rowOf(each.day, ...names.map(([name]) => each[name]))));
}

// Days, or weeks from Monday on, or months, so that a chart stays readable.
function spans(flow) {
  for (const [step, start] of [["day", (day) => day], ["week of", monday], ["month", (day) => day.slice(0, 7)]]) {
    const summed = new Map();
    for (const each of flow) {
      const day = start(each.day), sum = summed.get(day) || { day, arrived: 0, succeeded: 0, failed: 0 };
      for (const name of ["arrived", "succeeded", "failed"]) sum[name] += each[name];
      summed.set(day, sum);
    }
    if (summed.size <= MOST_BARS || step === "month") return Object.assign([...summed.values()], { step });
  }
}

function monday(day) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - (date.getUTCDay() + 6) % 7);
  return date.toISOString().slice(0, 10);
}

// A file is one recording, however many pipelines ran over it: with what any of them found, and the
// wear of the one that found most of it, as in the matrix.
function byFile() {
  const files = new Map();
  for (const each of model.recordings) {
    const name = JSON.stringify([each.bucket, each.key]), before = files.get(name);
    files.set(name, before ? together(before, each) : each);
  }
  return [...files.values()];
}

function together(one, other) {
  const codes = new Set((one.findings || []).map(([code]) => code)), wear = (other.valid_days ?? -1) > (one.valid_days ?? -1) ? other : one;
  const findings = [...(one.findings || []), ...(other.findings || []).filter(([code]) => !codes.has(code))];
  return { ...one, device: one.device || other.device, serial_number: one.serial_number || other.serial_number, format: one.format || other.format,
    findings: one.findings || other.findings ? findings : undefined, days: wear.days, valid_days: wear.valid_days };
}

function drawQuality() {
  findingsBy("quality-sites", "site", (each) => each.site || "no site");
  findingsBy("quality-devices", "device", (each) => each.device || each.format || "unknown");
  const bySerial = new Map();
  for (const each of byFile().filter((one) => one.serial_number)) {
    const sum = bySerial.get(each.serial_number) || { device: each.device || "", recordings: 0, error: 0, warning: 0 };
    sum.recordings += 1;
    for (const severity of ["error", "warning"]) sum[severity] += (each.findings || []).some((one) => one[1] === severity);
    bySerial.set(each.serial_number, sum);
  }
  const worst = [...bySerial].filter(([, sum]) => sum.error + sum.warning)
    .sort(([, one], [, other]) => other.error + other.warning - one.error - one.warning).slice(0, 20);
  table(byId("quality-serials"), worst.length ? "At most 20." : "No device has an error or a warning.",
    ["Serial number", "Device", "Recordings", "with errors", "with warnings"],
    worst.map(([serial, sum]) => rowOf(serial, sum.device, sum.recordings, sum.error, sum.warning)));
}

function findingsBy(id, noun, nameOf) {
  const counts = new Map(), totals = new Map();
  for (const each of byFile().filter((one) => one.findings)) {
    totals.set(nameOf(each), (totals.get(nameOf(each)) || 0) + 1);
    for (const [code, severity] of each.findings) {
      const counted = counts.get(code) || { severity, by: new Map() };
      counted.by.set(nameOf(each), (counted.by.get(nameOf(each)) || 0) + 1);
      counts.set(code, counted);
    }
  }
  const names = [...totals.keys()].sort(), order = ["error", "warning", "info"];
  const codes = [...counts].sort(([one, a], [other, b]) => order.indexOf(a.severity) - order.indexOf(b.severity) || one.localeCompare(other));
  table(byId(id), codes.length ? `Recordings by ${noun}; in the heads, of how many.` : "No finding in any recording.",
    ["Finding", "Severity", ...names.map((name) => `${name} (${totals.get(name)})`)],
    codes.map(([code, { severity, by }]) => rowOf(code, el("span", { class: severity }, severity), ...names.map((name) => by.get(name) || 0))));
}

function drawWear() {
  const rule = model.valid_day, done = byFile().filter((each) => each.valid_days != null);
  byId("wear-rule").textContent = done.length
    ? `A day counts from ${rule.min_wear_h} h of wear on, and a recording should have ${rule.min_days} such days. ${done.filter(hasTooFew).length} of ${done.length} recordings with known wear have fewer.`
    : "No recording with known wear yet.";
  const most = Math.max(rule.min_days, ...done.map((each) => Math.min(each.valid_days, 31)));
  const counted = Array.from({ length: most + 1 }, (_, days) => done.filter((each) => Math.min(each.valid_days, 31) === days).length);
  const names = counted.map((_, days) => days === 31 ? "31 or more" : String(days));
  if (!done.length) { byId("wear-days").hidden = byId("wear-hours").hidden = true; return; }
  chart("wear-days", `Recordings by their number of valid days: ${counted.map((count, days) => `${count} with ${days}`).join(", ")}.`,
    [[`fewer than ${rule.min_days}`, "#b5761a", "/", (days) => days < rule.min_days], ["enough", "#2a7d4f", "", (days) => days >= rule.min_days]].map(([name, color, shape, within]) => ({
      type: "bar", name, x: names.filter((_, days) => within(days)), y: counted.filter((_, days) => within(days)),
      marker: { color, pattern: { shape, fillmode: "overlay", fgcolor: "#fff", fgopacity: 0.9, size: 6 } } })),
    { title: { text: "Valid days", font: { size: 14 } }, xaxis: { type: "category", title: { text: "valid days of a recording" }, categoryorder: "array", categoryarray: names }, yaxis: { title: { text: "recordings" } } });
  const worn = done.flatMap((each) => each.days.map((day) => day[2])).filter((hours) => hours !== null);
  chart("wear-hours", `Hours of wear of ${worn.length} days, ${worn.filter((hours) => hours >= rule.min_wear_h).length} of which count.`,
    [{ type: "histogram", x: worn, xbins: { start: 0, end: 25, size: 1 }, marker: { color: "#5b7fa6", line: { color: "#fff", width: 1 } } }],
    { title: { text: "Wear on each local date", font: { size: 14 } }, xaxis: { title: { text: "hours worn; from the line on a day counts" }, range: [0, 25] }, yaxis: { title: { text: "days" } },
      shapes: [{ type: "line", x0: rule.min_wear_h, x1: rule.min_wear_h, y0: 0, y1: 1, yref: "paper", line: { color: "#1b2733", dash: "dash" } }] });
  table(byId("wear-table"), "Recordings by valid days.", ["Valid days", "Recordings"], counted.map((count, days) => rowOf(names[days], count)));
}

function drawBiomarkers() {
  const done = model.recordings.map((each, index) => [each, index]).filter(([each]) => each.state === "succeeded" && each.values);
  const known = model.measures.filter((measure) => done.some(([each]) => each.values[measure.name] !== undefined));
  if (!known.length) { byId("biomarkers-tools").replaceChildren("No run has succeeded yet."); byId("biomarkers-chart").hidden = true; return; }
  byId("biomarkers-tools").append(choice("Measure", known.map((each, index) => [index, each.label]), (index) => drawMeasure(known[index], done)));
  drawMeasure(known[0], done);
  const labels = new Map(model.measures.map((each) => [each.name, each]));
  const show = pager(byId("outliers-tools"), 15, "outliers", (some) => table(byId("outliers-table"), "Press one for its page.",
    ["Recording", "Measure", "Value", "Expected between", "Unit"], some.map((each) => rowOf(
      el("button", { class: "link", type: "button", onclick: () => openRecording(each.recording) }, own(place(model.recordings[each.recording]))),
      labels.get(each.measure).label, Number(figure(each.value)), `${figure(Math.max(0, each.low))} and ${figure(each.high)}`, labels.get(each.measure).unit))));
  show(model.outliers);
}

function drawMeasure(measure, done) {
  const groups = new Map(), files = new Set();
  for (const [each, index] of done.filter(([one]) => one.values[measure.name] !== undefined)) {
    const file = JSON.stringify([each.bucket, each.key]);
    if (files.has(file)) continue;
    files.add(file);
    const name = [each.visit || "no visit", each.location || "no location"].join(", ");
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push([each.values[measure.name], index]);
  }
  const names = [...groups.keys()].sort(), outside = new Set(model.outliers.filter((each) => each.measure === measure.name).map((each) => each.recording));
  const boxes = names.map((name) => ({ type: "box", name: plain(name), y: groups.get(name).map(([value]) => value), boxpoints: "outliers",
    marker: { color: "#31567d", opacity: 0 }, line: { color: "#31567d" }, fillcolor: "#dbe6f2", hoverinfo: "y", showlegend: false }));
  const points = (marked) => names.flatMap((name) => groups.get(name).filter(([, index]) => outside.has(index) === marked).map(([value, index]) => [plain(name), value, index]));
  const dots = (shown, marker, some) => ({ type: "scatter", mode: "markers", name: shown, marker, x: some.map((each) => each[0]), y: some.map((each) => each[1]),
    customdata: some.map((each) => each[2]), hoverinfo: "text", hovertext: some.map((each) => `${plain(place(model.recordings[each[2]]))}: ${figure(each[1])}`) });
  const few = points(false);
  chart("biomarkers-chart", `${measure.label}: ${names.map((name) => `${name}: ${groups.get(name).length} recordings, median ${figure(quantile(groups.get(name), 0.5))}`).join("; ")}.`,
    [...boxes, dots("recording", { color: "#31567d", size: 5, opacity: 0.45 }, few.length <= 1500 ? few : []),
      dots("outlier", { color: "#a11221", symbol: "diamond", size: 10, line: { color: "#fff", width: 1 } }, points(true))],
    { title: { text: `${measure.label}${measure.unit ? ` (${measure.unit})` : ""}`, font: { size: 14 }, y: 0.98 }, xaxis: { type: "category", categoryorder: "array", categoryarray: names.map(plain) }, yaxis: { zeroline: false }, legend: { orientation: "h", y: -0.12 } },
    (point) => { if (point.customdata !== undefined) openRecording(point.customdata); });
  table(byId("biomarkers-table"), `${measure.label}${measure.unit ? `, ${measure.unit}` : ""}.`, ["Visit and location", "Recordings", "Lowest", "Quartile", "Median", "Quartile", "Highest"],
    names.map((name) => rowOf(name, groups.get(name).length, ...[0, 0.25, 0.5, 0.75, 1].map((part) => Number(figure(quantile(groups.get(name), part)))))));
}

function quantile(group, part) {
  const sorted = group.map(([value]) => value).sort((one, other) => one - other);
  const at = (sorted.length - 1) * part, low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
