"""Rules as people change them while they run: changes laid over the files, checked before they hold."""
