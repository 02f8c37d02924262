"""The lists that people live in: each is one question, its rows in the order in which they are worked off."""
