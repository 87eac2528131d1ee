"""A declared study: from many starts to classified critical points, saved and reported.

`declaration` says what will be done, `run` does it chunk by chunk, `store` keeps it, `result` reads it back, `report`
and `page` show it; `executors` and `dispatch` bring the chunks to where they run.
"""
