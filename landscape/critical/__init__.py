"""Critical points: search, merge, classify.

`find` does all three from given starts, `exploration` until nothing seems to be missing; the methods of `search` are a
file each; `completeness` tells what is missing, `certificate` proves what is there, `ends` tells gradient-flat points.
"""
