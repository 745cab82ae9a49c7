"""What the machine does while layers learn: clocks, host and GPU figures, one sampler thread."""
