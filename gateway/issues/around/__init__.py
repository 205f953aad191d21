"""What stood around an issue when it opened: words and counts from history, states, changes."""
