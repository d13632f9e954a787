"""The platforms themselves, as far as their published facts tell: for tests, and to try a channel with.

One ASGI application: behind `/<name>` each platform's own paths, behind `/_/` what tests and the page use, at
`/` the page. Written from the platforms' facts alone: nothing of `kezhan.channels` is imported, so that one
mistake cannot be made on both sides.
"""
