"""Formats of the languages shown, found through `FORMAT_MODULE_PATH`."""
