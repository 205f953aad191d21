"""Resource allocation: what a job needs, who and what is given to it, and whether it is ready."""
