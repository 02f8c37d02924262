"""The pages of the net: the tree, one place, maps, changes of a place, splits and merges."""
