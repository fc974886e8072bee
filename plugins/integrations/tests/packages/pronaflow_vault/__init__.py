"""A third party's service of which accounts can be connected."""
