"""What several adapters of one owner share: the crypto, envelopes and errors of a platform's family. Adapters
may import it; it sees the channel contract and the kit, as they do."""
