"""Kuaishou (快手): messages of whoever has a contract for them. Only the transport is published; the settings
tell what a message looks like."""
