"""The proofs: peers, latency, quality and days."""
