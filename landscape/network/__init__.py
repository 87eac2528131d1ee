"""The network of critical points: what each saddle connects, and what follows from it.

`connect` and `hierarchy` make it, `double_ended` and `pieces` complete it, `morse` counts its lines; `barriers`,
`tree`, `kinetics` and `thermodynamics` read it; `export`, `pathsample` and `pele` write it.
"""
