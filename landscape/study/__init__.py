"""A declared study: from many starts to classified critical points, saved and reported."""
