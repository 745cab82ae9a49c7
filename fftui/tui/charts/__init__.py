"""The charts of a run: what each draws, and the registry that the screens compose them from."""
