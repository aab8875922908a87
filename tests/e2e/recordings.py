"""The real recordings of the manifest: their keys when uploaded, and how SKDH reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TIME_ZONE = "America/New_York"

# The study of all of them: it only reads, and takes quality.
STUDY = f"""
study: <study>
timezone: {{default: {TIME_ZONE}}}
buckets: [{{name: <study>-data}}]
results: {{bucket: <study>-data, prefix: biomarkers/}}
files:
  axivity:
    kind: data
    key: axivity/{{subject}}.cwa
    ignore_case: true
    format: axivity
    pipelines: [read]
  geneactiv:
    kind: data
    key: geneactiv/{{subject}}.bin
    ignore_case: true
    format: geneactiv
    pipelines: [read]
  empatica: {{kind: data, key: "empatica/{{subject}}.avro", format: empatica, pipelines: [read]}}
  gt3x: {{kind: data, key: "gt3x/{{subject}}.gt3x", format: gt3x, pipelines: [read]}}
  npz: {{kind: data, key: "npz/{{subject}}.npz", format: npz, pipelines: [read]}}
  headless:
    kind: data
    key: headless/{{subject}}.csv
    format:
      csv:
        {{time: "1", accel: ["2", "3", "4"], gyro: ["5", "6", "7"], gyro_unit: deg/s, clock: utc}}
    pipelines: [read]
  export:
    kind: data
    key: export/{{subject}}.csv
    format: {{csv: {{time: time, accel: [x, y, z], temperature: temperature, clock: local}}}}
    pipelines: [read]
  counts:
    kind: data
    key: counts/{{subject}}.csv
    format: {{csv: {{time: TimeStamp, accel: [axis1, axis2, axis3], clock: local}}}}
    pipelines: [read]
pipelines:
  read: {{skdh: 0.17.18, steps: []}}
"""


@dataclass(frozen=True)
class Real:
    """A recording, the folder of its key, and its format as SKDH is told it."""

    file: str
    folder: str
    format: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.folder}/{self.file}"

    def job(self, path: str) -> dict[str, Any]:
        """What SKDH is to do with it: read."""
        form = self.format or {"type": self.folder}
        return {"file": path, "format": form, "time_zone": TIME_ZONE, "steps": [], "height": None}


READ_BY_SKDH = (
    Real("GGIRread-ax3_testfile.cwa", "axivity"),
    Real("actfast-axivity_ax6.cwa", "axivity"),
    Real("openmovement-example-610-steps.cwa", "axivity"),
    Real("paradigma-test_data.CWA", "axivity"),
    Real("scikit-digital-health-ax3_sample.cwa", "axivity"),
    Real("scikit-digital-health-ax6_sample.cwa", "axivity"),
    Real("actfast-geneactiv.bin", "geneactiv"),
    Real("scikit-digital-health-gnactv_sample.bin", "geneactiv"),
    Real("paradigma-test_data.avro", "empatica"),
    Real("scikit-digital-health-gait_input.npz", "npz"),
    Real("scikit-digital-health-gait_input2.npz", "npz"),
    Real("scikit-digital-health-s2s_input_data.npz", "npz"),
    Real(
        "scikit-digital-health-example_data_2min.csv",
        "headless",
        {
            "type": "csv", "time": "1", "accel": ["2", "3", "4"], "gyro": ["5", "6", "7"],
            "gyro_unit": "deg/s", "clock": "utc", "to_datetime": {"unit": "s"},
            "pandas": {"header": None, "names": ["1", "2", "3", "4", "5", "6", "7"]},
        },
    ),
    Real(
        "pygeneactiv-right_wrist.csv",
        "export",
        {
            "type": "csv", "time": "time", "accel": ["x", "y", "z"], "temperature": "temperature",
            "clock": "local", "to_datetime": {"format": "%Y-%m-%d %H:%M:%S:%f"},
            "pandas": {
                "header": None, "skiprows": 100,
                "names": ["time", "x", "y", "z", "lux", "button", "temperature"],
            },
        },
    ),
)  # fmt: skip

# What the manifest calls broken and can be mended: the finding that says so.
MENDED = (
    (Real("GGIRread-GENEActiv_testfile.bin", "geneactiv"), "truncated_tail"),
    (
        Real("GGIRread-ax3_testfile_corrupt_blocks_0_13_14_142_143_144.cwa", "axivity"),
        "bad_blocks",
    ),
)
# What no number can be made of: the reason's code, and what its sentence must tell a data manager.
REFUSED = (
    (
        Real("GGIRread-genea_testfile.bin", "geneactiv"),
        "format_not_recognised",
        ("a GENEA recording", "upload"),
    ),
    (
        Real("GGIRread-mtx_25Hz_acc_HR.BIN", "geneactiv"),
        "format_not_recognised",
        ("Parmay Matrix", "upload"),
    ),
    (
        Real("GGIRread-ActiGraph13_timestamps_headers.csv", "counts"),
        "quality_mostly_zero",
        ("exactly zero", "26.6 %"),
    ),
)
