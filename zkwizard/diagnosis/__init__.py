"""What is broken now, and why: evidence of the nodes, and a rule base that names causes in it.

``checks`` judges machines before anything is changed; what they judge here too is asked of them. Pure: the
engine carries the script of ``evidence`` to the nodes.
"""
