"""Text messages by Twilio, or by somebody who speaks like it."""
