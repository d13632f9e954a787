"""Meta: what WhatsApp, Messenger and Instagram share. Signed webhooks, the Graph API and its errors."""
