"""What the screen that looks into a layer draws: one module a pane, each of plain functions."""
