"""How many requests a caller may send, counted in sliding windows by the library `limits`.

`rate` says what a limit is and how answers tell of it, `windows` counts, `limiter` chooses where.
"""
