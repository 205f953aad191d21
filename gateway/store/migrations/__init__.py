"""Steps from one schema to the next; a step, once released, is never changed."""
