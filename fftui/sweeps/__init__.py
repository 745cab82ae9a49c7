"""Sweeps: settings searched by Optuna, each trial of ordinary runs, chosen by validation images."""
