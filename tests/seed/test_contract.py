"""The contract file, the two documents and the lists beside them agree with one another."""

from __future__ import annotations

import hashlib

import pytest

from .case import stand_ins
from .contract import endpoints
from .outline import FOLDER, SEEDS, outline
from .sections import allowed, pending, routes_of


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("pronaflow-v1.2.json", "1e6c1f7a00907c68c96137806b225c381e96b633fca91648d0a557cb8dc95838"),
        ("pronaflow-api-v1.2.md", "d6b9fcf55386ebae6be010690bdf009294fe5b83fabda2ce696cdad1ac8c6606"),
        ("proflow-api.md", "7db8737c593fa9c823674864bded7d46e36b9242edde46ef8e25d6a60d68f1ba"),
    ],
)
def test_the_copies_are_kept_byte_for_byte(name, digest):
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_the_contract_has_the_endpoints_of_the_document():
    documented = [item.endpoint for item in outline(SEEDS[0]) if item.kind == "endpoint"]
    assert [endpoint.name for endpoint in endpoints()] == documented
    assert len(documented) == 57


def test_the_contract_has_the_parameters_of_the_document():
    documented = [
        (item.endpoint, item.text.split(":")[0]) for item in outline(SEEDS[0]) if item.kind == "parameter"
    ]
    assert [(endpoint.name, p.name) for endpoint in endpoints() for p in endpoint.parameters] == documented


def test_a_printed_status_is_the_only_one_that_passes():
    by_name = {endpoint.name: endpoint for endpoint in endpoints()}
    assert by_name["POST /api/v1/integration/tokens"].statuses == {201}
    assert by_name["PATCH /api/v1/preferences"].statuses == {200}
    assert by_name["DELETE /api/v1/archive/trash/{trash_item_id}"].statuses == {204}
    assert by_name["POST /api/v1/archive/trash"].statuses == {200, 201}  # the seed prints none


def test_only_ids_are_replaced_in_requests():
    found = {name for endpoint in endpoints() for name in stand_ins(endpoint.request)}
    assert found == {
        "task_uuid", "uuid", "uuid1", "uuid2", "oauth_app_uuid", "workspace_uuid", "oauth_connection_uuid",
    }  # fmt: skip


def test_pending_sections_exist_in_the_seeds():
    sections = {item.section for seed in SEEDS for item in outline(seed)}
    assert set(pending()) <= sections
    assert all(bool(routes_of(section)) != bool(sign) for section, sign in pending().items())


def test_departures_name_an_endpoint_and_a_reason():
    assert set(allowed()) <= {endpoint.name for endpoint in endpoints()}
    for departures in allowed().values():
        assert all(reason.strip() for reason in (departures.null | departures.varies).values())
