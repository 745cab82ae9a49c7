"""One training on several processes, the ranks of torch.distributed: see docs/scale.md."""
