"""What customers consent to: texts with their versions, and who has consented to which, when and how.

Owns: consent_texts, consent_versions, consents. Emits: ConsentGiven, ConsentWithdrawn, ConsentTextsChanged.
Called by: channels (a site asks before the first message, and refuses one without), privacy (copies).
"""
