"""Where runs are carried out: processes of this machine, a batch system, a cluster."""
