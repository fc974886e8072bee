"""Tags of projects: words of the workspace's catalogue (modules.md 2.1)."""
