"""One folder a protocol: each turns its peer's messages into columns and knows the contracts only."""
