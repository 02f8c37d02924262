"""Figures of surveys and inspections."""
