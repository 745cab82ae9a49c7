"""Telemetry while layers learn: clocks, metrics of host and GPU, one sampler thread."""
