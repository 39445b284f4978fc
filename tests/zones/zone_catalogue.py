# SPDX-License-Identifier: Apache-2.0
"""The zones and name server configurations of this folder, with the values of a test in their named places.

A named place is a word in braces, as in `port: {port}`. Braces around anything else belong to the file.
"""
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent
PLACE = re.compile(r"\{([a-z_]+)\}")


def read(file, **values):
    """The text of a file of this folder. Each named place needs a value, and each value a place."""
    text = (FOLDER / file).read_text()
    places = set(PLACE.findall(text))
    if places != set(values):
        raise ValueError(f"{file} has the places {sorted(places)}, not {sorted(values)}")
    return PLACE.sub(lambda place: str(values[place.group(1)]), text)
