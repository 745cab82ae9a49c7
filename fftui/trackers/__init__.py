"""Runs as experiment trackers take them: TensorBoard, W&B (offline), MLflow (SQLite), Trackio.

Each is one function from a `TrackedRun` to its own files, in a module of its own that loads the
tracker's package when it is called. A tracker is one entry in `tracker_registry`.
"""
