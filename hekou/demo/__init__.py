"""The invented town behind `make demo`."""
