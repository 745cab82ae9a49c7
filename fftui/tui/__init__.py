"""The screen: what a run does, live or from its journal, and the forms that start one."""
