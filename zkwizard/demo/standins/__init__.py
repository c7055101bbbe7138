"""Stand-ins for the tools that a bare machine lacks: one module per tool family, standard library only.

They share the state of one cluster through a folder (`state`). On practice nodes they are found before the
host's own tools; the lab installs the same files as packages. A call has to be quick, so modules import
little and late.
"""
