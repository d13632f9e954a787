"""What a channel has come to: in days, and since a switch began; whether that goes on."""
