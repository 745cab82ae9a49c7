"""A run's folder: journal, checkpoint, tables, listing, export; and the thread that runs an
experiment.
"""
