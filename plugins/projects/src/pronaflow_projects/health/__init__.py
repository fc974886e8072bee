"""How a project does: schedule, budget and people, told from its tasks on every read (modules.md 3.6)."""
