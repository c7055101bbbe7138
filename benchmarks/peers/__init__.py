"""The comparison with what people use today: the same 40 steps on the same nodes, in one run.

workload        the steps, and whether a node is right, read from its own files
witness         runs one command, and tells time, processor time and memory of all its processes
peer            what a tool is given, and the command that does the workload
by_zkwizard     through the real engine, journal and logs included
by_channels     the usual script: a connection kept open, one channel a step
by_pyinfra      deploy/
by_ansible      playbook/
tools           pyinfra and Ansible, in an environment of their own
match           who runs how often, in which order
report          the table, and whether the aims are met
"""
