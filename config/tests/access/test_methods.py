"""HEAD, OPTIONS, and the methods that a route does not have."""

from collections.abc import Iterator

from config.tests.access.acting import headers_of, is_problem, path_of, undone
from config.tests.access.routes import all_acts
from config.tests.access.row import Row
from config.tests.access.rows import READS, ROWS, one_row_an_act
from config.tests.access.world import World
from config.tests.attacks.complaints import complaint, told


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(world: World) -> None:
    acts = all_acts()
    for row in one_row_an_act(ROWS):
        allowed = {method for method, shape in acts if shape == row.act[1]}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - allowed:
            with undone():
                response = world.clients["admin"].generic(method, path_of(row, world).partition("?")[0])
            assert (response.status_code, is_problem(response)) == (405, True), f"{method} {row.path}"
            assert set(response.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == allowed, (
                f"{method} {row.path}"
            )


def one_of_each(row: Row) -> dict[int, str]:
    """A caller for each status that the row answers."""
    return {status: caller for caller, status in row.expected.items()}


def test_head_is_get_without_a_body_and_options_is_no_5xx(world: World) -> None:
    def answers() -> Iterator[str]:
        for row in READS:
            for expected, caller in one_of_each(row).items():
                with undone():
                    client, path = world.clients[caller], path_of(row, world)
                    head = client.head(path, headers=headers_of(row, world))
                    options = client.options(path)
                yield from complaint(options, f"OPTIONS {row} by {caller}")
                if (head.status_code, b"".join(head)) != (expected, b""):
                    yield f"HEAD {row} by {caller}: {head.status_code} instead of {expected}"

    assert told(answers()) == ""
