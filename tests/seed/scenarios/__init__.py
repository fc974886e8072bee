"""What the replay needs to know of each section of the first seed that is built, one module a section.

A section leaves ``pending.toml`` together with the change that builds it. Then its module here, named like
the section ("m7/notifications" is ``m7_notifications.py``), holds for each of its endpoints a function that
brings a server into the state that the seed's example describes and says how to ask:

    CASES: Scenario = {"GET /api/v1/notifications": list_notifications, ...}

    def list_notifications(world: World) -> Case: ...

``standin_scenario.py`` beside this folder is a whole one. Nulls that the seed's examples do not show need an
entry with a reason in ``allowed.toml``.
"""
