"""What Tencent's platforms share: signatures and ciphers, envelopes, media, the two families of accounts."""
