"""Pages of PDFs as pictures and words, made by a confined process: see `docs/adr`.

`previewer` is what services use; `drawing` runs in the confined process and is never imported by a service.
"""
