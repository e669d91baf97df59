"""The monitors: each module here looks for one thing, with its SQL beside it and its own words.

A module is found by being here (`pipelines.watch.known_monitors`); its `MONITOR` says how it looks.
"""
