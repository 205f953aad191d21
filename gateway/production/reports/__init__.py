"""Reports of a shift or a day: gathered once, shown as page, PDF and CSV, sent by schedule."""
