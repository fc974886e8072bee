from pronaflow_kernel.testing import World


def test_health(world: World) -> None:
    assert world.anonymous().get("/health").json["components"] == {"database": "healthy"}
    assert world.person().token
