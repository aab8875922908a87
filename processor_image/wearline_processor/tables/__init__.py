"""Results as tidy tables: a module for each, whose columns are the schema and the dictionary.

The schema of all tables is numbered by `plan.OUTPUT_SCHEMA`; docs/results.md is held to the
columns by a test.
"""

from wearline_processor.tables.write import Results, Written, failed, succeeded

__all__ = ["Results", "Written", "failed", "succeeded"]
