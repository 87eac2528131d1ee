"""Figures: drawn from saved data, with their claims checked.

The figures themselves are `landscape.experiments`, a file each; `registry` lists them, `run` makes them, `claims`
compares measured with expected, `plots` and `style` draw, `gallery` shows all.
"""
