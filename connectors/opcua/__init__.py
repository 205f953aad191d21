"""OPC UA: subscriptions decoded straight into columns."""
