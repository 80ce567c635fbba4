"""One kind of step per file."""
