"""Continuous improvement: losses ranked, trials measured, standard times learned from what machines did."""
