"""Facts: what is read off a node. One file per fact: its shell text and its pure parser.

``gather`` puts all of them into one script for one round trip.
"""
