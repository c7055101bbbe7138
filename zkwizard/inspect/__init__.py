"""Looking inside a cluster that is there: one file per question, each a piece of POSIX sh that only looks,
and a pure parser of what it prints.

    question     what a question is; all questions for one node in one script, for one round trip
    trouble      what kubectl, crictl and zerotier-cli say instead of an answer, in words for a person
    nodes pods events describe logs    what the API server knows
    containers journal certs etcd overlay addresses join    what a node knows by itself

Which node is asked what is ``engine.inside``'s business.
"""
