"""How descent leaves saddles.

`times` and `survey` measure how long it takes, `exits` for any method, `avoidance` how often it never happens; `flow`
follows the gradient flow to where it ends, `manifolds` along the unstable and stable directions.
"""
