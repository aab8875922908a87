// The model, and the words and marks for its states: a letter, a word and a border each, so that
// no colour is needed to tell them apart.
const model = JSON.parse(document.getElementById("model").textContent);
const STATES = {
  succeeded: ["S", "succeeded"], few: ["D", "too few days"], failed: ["F", "failed"], waiting: ["W", "waiting"],
  received: ["N", "received"], ready: ["Q", "ready"], running: ["R", "running"], excluded: ["X", "excluded"],
  missing: ["M", "missing"],
};
const PROBLEMS = {
  configuration_missing: "No configuration", configuration_invalid: "Configuration cannot be read",
  bucket_missing: "Bucket missing", bucket_forbidden: "Bucket forbidden", metadata_rejected: "Metadata not used",
  decision_names_nothing: "Decision names nothing", requirement_missing: "Value missing", run_failed: "Run failed",
  result_missing: "Result gone", result_altered: "Result altered", stale: "Stale results",
  duplicate_recording: "Duplicate recording", too_few_valid_days: "Too few valid days",
  recording_missing: "Recordings missing",
};
const URGENT = new Set(["configuration_missing", "configuration_invalid", "bucket_missing", "bucket_forbidden",
  "result_altered", "result_missing", "run_failed"]);

function shownState(each, few) {
  return each.state === "succeeded" && few ? "few" : each.state;
}

function hasTooFew(recording) {
  return recording.valid_days != null && recording.valid_days < model.valid_day.min_days;
}

function moment(iso) {
  return iso ? iso.slice(0, 16).replace("T", " ") : "";
}

function figure(value, digits = 4) {
  return value == null ? "" : String(Number(Number(value).toPrecision(digits)));
}

function daysSince(iso) {
  return iso ? Math.floor((Date.parse(model.made) - Date.parse(iso)) / 86400000) : null;
}

function place(recording) {
  return [recording.subject, recording.visit, recording.location].filter(Boolean).join(", ");
}
