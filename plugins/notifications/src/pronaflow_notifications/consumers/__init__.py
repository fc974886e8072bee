"""Event consumers: what a workspace has done for it when something happens."""
