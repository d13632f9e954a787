"""Files people send: received, looked at, kept, handed out by signed addresses.

Owns: the table `files` and the objects behind it (`<workspace>/<end of the id>/<id>`, its thumbnail `….t`).
Emits: FileErased.
Called by: conversations and channels (`attach`, `sign`, `receive`), the agents' upload, `/f/<id>`, the logo.
"""
