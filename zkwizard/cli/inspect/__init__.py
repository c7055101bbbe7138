"""The commands that look inside a cluster: each asks the engine, and prints a table or JSON."""
