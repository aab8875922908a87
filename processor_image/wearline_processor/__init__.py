"""The Wearline processor: a recording in, tables of biomarkers out."""
