"""Photos of the patient's: upright, without the place where they were taken, as others can read them.

`darkroom` is what messaging uses; `developing` runs in a confined process and is never imported by it.
"""
