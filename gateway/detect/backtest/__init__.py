"""Rules run over history before they are enabled."""
