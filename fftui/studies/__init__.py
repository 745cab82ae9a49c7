"""Many runs that answer one question: the paper's tables, sweeps and figures (to come)."""
