"""OONI measurements, ours and others': the format, OONI's decision table, our own reading.

Mechanisms and formats are those that OONI publishes (specifications df-000 to df-008 and
ts-017); what was decided where they disagree is in ``docs/decisions/0008-ooni.md``.
"""
