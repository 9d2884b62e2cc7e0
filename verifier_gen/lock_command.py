"""``veristake circuit lock``: write or compare what a recipe compiles to."""

from __future__ import annotations

import click

from statements.errors import CircuitError
from verifier_gen.lock import compute_lock, differences, lock_path, read_lock
from verifier_gen.recipe import RECIPES, load_recipe


@click.command()
@click.argument("recipe", default="staking")
@click.option("--check", is_flag=True, help="Compare with the lock file instead of writing it.")
@click.option("--json", "as_json", is_flag=True, help="Print the digests as JSON.")
def lock(recipe: str, check: bool, as_json: bool) -> None:
    """Compile RECIPE (shipped with veristake) and write the digests of its settings and compiled form beside it.

    Run it after each change of the network or the recipe; the tests run it with --check.
    """
    path = RECIPES / f"{recipe}.toml"
    found = compute_lock(load_recipe(path))
    if check:
        changed = differences(read_lock(path), found)
        if changed:
            raise CircuitError(
                f"{recipe} does not compile to what {lock_path(path).name} says: {'; '.join(changed)}",
                remedy=f"If the change is meant: veristake circuit lock {recipe}",
            )
    else:
        lock_path(path).write_text(found.model_dump_json(indent=1) + "\n", "utf-8")
    click.echo(found.to_json() if as_json else f"{lock_path(path).name}: {'as locked' if check else 'written'}")
