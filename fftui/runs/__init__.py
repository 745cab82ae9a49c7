"""A run's folder: journal, checkpoint, tables, listing, export; and the thread that carries a run out."""
