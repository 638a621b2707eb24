"""A conversation as a PDF with its files attached.

`sheets` says what stands in it, `press` is what messaging uses; `setting` runs in a process of its own and is
never imported by it.
"""
