"""What critical points say together: index against dimension and value, with confidence intervals.

`index` measures, of the random landscapes in `ensembles`; `exhaustive` finds all points of one; `rare` reaches what
no sample shows; `bias` tells what a search would have made of it; `agreement` and `intervals` judge.
"""
