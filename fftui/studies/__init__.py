"""Studies: many runs that answer one question, such as the paper's tables and sweeps; their claims
and figures.
"""
