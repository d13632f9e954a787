"""WhatsApp: a business number on the Cloud API."""
