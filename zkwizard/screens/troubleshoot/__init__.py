"""What one looks at when something is wrong: nodes and pods live, and from there everything else."""
