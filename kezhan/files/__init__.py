"""Files people send: received, looked at, kept, handed out by signed addresses.

Owns: the tables `files`, `file_uses`, `upload_rules`, and the objects behind files
(`<workspace>/<end of the id>/<id>`, its thumbnail `….t`).
Emits: FileErased, FileInfected.
Called by: conversations and channels (`attach`, `sign`, `receive`), the agents' upload, `/f/<id>`, the logo.
"""
