"""The panels of the machine: metrics, timelines, tables."""
