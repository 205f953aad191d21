"""Pure, vectorised rules: arrays in, events out; no clock, no input or output, nothing of ours."""
