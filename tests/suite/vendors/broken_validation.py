"""Vendors that take JSON which breaks the request schema, or refuse JSON that fits it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile
from typing import Any

from contracts.vendor.model import Call, Refusal
from tests.suite.vendors.finders import BROKEN_SCHEMA, OTHER_SCHEMA, OTHER_VALID
from tests.suite.vendors.variant import Broken, Row, Variant, broken, refuse_if
from tests.suite.vendors.ways import EXTERNAL_ID, NAME, Members, first, reading, then

UNNAMED = {NAME: "Unnamed"}
# Members that every object of JavaScript or Python has.
OF_OBJECTS = {"constructor", "hasOwnProperty", "toString", "valueOf", "__proto__", *dir({})}


def takes(sentence: str, read: Callable[[Any], Any], found_by: str = BROKEN_SCHEMA) -> Row:
    """Reads the body of an update as `read` has it, which lets pass what breaks the schema."""

    def parse(self: Variant, call: Call) -> Any:
        value = Variant.parse(self, call)
        return read(value) if call.method == "PUT" else value

    return broken("status.schema", found_by)(sentence, parse=parse)


def members(sentence: str, read: Callable[[Members], Members], found_by: str = BROKEN_SCHEMA) -> Row:
    """Reads an object as `read` has it."""
    return takes(sentence, lambda value: read(value) if isinstance(value, dict) else value, found_by)


def item(sentence: str, name: str, read: Callable[[Any], Any], found_by: str = BROKEN_SCHEMA) -> Row:
    """Reads the value of a member as `read` has it."""
    return members(sentence, lambda value: value | {name: read(value[name])} if name in value else value, found_by)


def ignores(sentence: str, ignored: Callable[[str, Any], bool], found_by: str = OTHER_SCHEMA) -> Row:
    """Ignores the members of an object that `ignored` holds of, instead of refusing them."""
    return members(
        sentence, lambda value: {name: item for name, item in value.items() if not ignored(name, item)}, found_by
    )


def renames(sentence: str, known: Callable[[str], str], found_by: str) -> Row:
    """Reads a member as the one that `known` says of its name."""
    return members(sentence, lambda value: {known(name): item for name, item in value.items()}, found_by)


def refuses(sentence: str, condition: Callable[[Members], bool]) -> Row:
    """Refuses, of the objects that fit the schema, those that `condition` holds of."""
    error = {"location": "body", "message": "not like that"}
    return broken("status.valid", OTHER_VALID)(
        sentence,
        **then(validate=lambda vendor, _, value, slug: refuse_if(condition(value), 422, "validation failed", error)),
    )


def _number_as_text(item: Any) -> Any:
    return str(item) if type(item) in (int, float) else item


def _alone(item: Any) -> Any:
    """The one item of a list, where it is a text."""
    return item[0] if isinstance(item, list) and len(item) == 1 and isinstance(item[0], str) else item


def _json_in(value: Any) -> Any:
    with suppress(ValueError):
        return json.loads(value) if isinstance(value, str) else value
    return value


# The name

MakesUpNames = members("Takes an object without a name.", lambda value: UNNAMED | value)
TakesNullForAName = item("Takes null for a name.", NAME, lambda item: "Unnamed" if item is None else item)
TakesEmptyNames = item("Takes an empty name.", NAME, lambda item: "Unnamed" if item == "" else item)
WantsANameOrAnExternalId = members(
    "Takes an empty name beside an external id.",
    lambda value: value | UNNAMED if value.get(NAME) == "" and value.get(EXTERNAL_ID) else value,
    OTHER_SCHEMA,
)
TakesNumbersForNames = item("Takes a number for a name.", NAME, _number_as_text)
UnwrapsNames = item("Takes a list of one name for the name.", NAME, _alone)

# The external id

TakesNumbersForExternalIds = item("Takes a number for an external id.", EXTERNAL_ID, _number_as_text)
TakesFalseForNull = item(
    "Takes false for an external id that is null.",
    EXTERNAL_ID,
    lambda item: None if item is False else item,
    OTHER_SCHEMA,
)
TakesObjectsForExternalIds = item(
    "Takes an object for an external id.",
    EXTERNAL_ID,
    lambda item: json.dumps(item) if isinstance(item, dict) else item,
)

# Other members

AcceptsUnknownMembers = ignores(
    "Ignores unknown members instead of refusing them.",
    lambda name, item: name not in (NAME, EXTERNAL_ID),
    BROKEN_SCHEMA,
)
AcceptsUnknownNullMembers = ignores(
    "Ignores unknown members that are null.",
    lambda name, item: name not in (NAME, EXTERNAL_ID) and item is None,
    BROKEN_SCHEMA,
)
AcceptsIds = ignores("Ignores a member id.", lambda name, item: name == "id")
AcceptsNamesOfObjects = ignores(
    "Ignores members that every object of its language has, like constructor and __class__.",
    lambda name, item: name in OF_OBJECTS,
)
AcceptsOldMethodsOfObjects = ignores(
    "Ignores members that every object of JavaScript has and few lists of names to refuse.",
    lambda name, item: name in ("__defineSetter__", "__lookupGetter__"),
)
AcceptsOtherNamesOfPython = ignores(
    "Ignores members that objects of Python have, but for those that are known best.",
    lambda name, item: name in {*dir(type("Any", (), {}))} - {"__class__", "__init__", "__doc__", "__dict__"},
)
AcceptsDottedNames = ignores("Ignores members with a dot in their names.", lambda name, item: "." in name)
AcceptsOperators = ignores("Ignores members whose names begin with a dollar sign.", lambda name, item: name[:1] == "$")
AcceptsIndexes = ignores("Ignores members with brackets in their names.", lambda name, item: "[" in name)
AcceptsEmptyNames = ignores("Ignores a member without a name.", lambda name, item: not name)
AcceptsUnderscores = ignores(
    "Ignores members whose names begin with an underscore, like _links.", lambda name, item: name.startswith("_")
)
AcceptsWhatRailsPermits = ignores(
    "Ignores two members that Rails permits without being told.", lambda name, item: name in ("controller", "action")
)
AcceptsWhatADatabaseAdds = ignores(
    "Ignores two members that a document database adds.", lambda name, item: name in ("_id", "__v")
)
AcceptsWhatFormsHave = ignores(
    "Ignores two members that forms have for their framework.", lambda name, item: name in ("_method", "_token")
)
AcceptsExtensions = ignores("Ignores members whose names begin with x-.", lambda name, item: name.startswith("x-"))
AcceptsNumbers = ignores("Ignores members whose names are numbers.", lambda name, item: name.isdecimal())
BindsThePathParameter = ignores(
    "Takes the path parameter for a member of its body, too.", lambda name, item: name == "customerSlug"
)
ReadsNamesInAnyLetterCase = renames(
    "Matches member names whatever their letter case, as Go's own decoder does.",
    lambda name: {"name": NAME, "externalcustomerid": EXTERNAL_ID}.get(name.lower(), name),
    BROKEN_SCHEMA,
)
ReadsSnakeCase = renames(
    "Reads external_customer_id as externalCustomerId.",
    lambda name: EXTERNAL_ID if name == "external_customer_id" else name,
    OTHER_SCHEMA,
)

# The whole body

UnwrapsBodies = takes(
    "Takes an array of one object for the object.",
    lambda value: value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else value,
    OTHER_SCHEMA,
)
TakesNullBodies = takes("Takes a body that is null for an update.", lambda value: UNNAMED if value is None else value)
ReadsJsonInStrings = takes("Takes a string with JSON in it for that JSON.", _json_in, OTHER_SCHEMA)

# Too strict

RefusesBlankNames = refuses("Refuses names of white space alone.", lambda value: not value[NAME].strip())
RefusesZeros = refuses("Refuses a name of the digit zero, which PHP finds empty.", lambda value: value[NAME] == "0")
RefusesEmptyExternalIds = refuses("Refuses an empty external id.", lambda value: value.get(EXTERNAL_ID) == "")
RefusesNullExternalIds = refuses(
    "Refuses an external id that is null.", lambda value: value.get(EXTERNAL_ID, "") is None
)
RefusesLongExternalIds = refuses(
    "Refuses external ids of more than 255 characters.", lambda value: len(value.get(EXTERNAL_ID) or "") > 255
)
RefusesBeyondAscii = refuses(
    "Refuses external ids with a character beyond ASCII.", lambda value: not (value.get(EXTERNAL_ID) or "").isascii()
)
RefusesLargeBodies = broken("status.valid", OTHER_VALID)(
    "Refuses bodies of more than 200 kB with 413.",
    **first(parse=lambda vendor, call: refuse_if(len(call.body) > 200_000, 413, "The body is larger than 200 kB.")),
)
TakesChunksForNoBody = broken("status.valid", OTHER_VALID)(
    "Takes a body that comes in chunks for none.",
    parse=reading(lambda call: replace(call, body=b"") if call.header("transfer-encoding") else call),
)
ReadsTheFirstChunkAlone = broken("status.valid", OTHER_VALID)(
    "Reads the first chunk of a body, and no other.", joined=lambda self, chunks: b"".join(chunks[:1])
)
ReadsTwoChunks = broken("status.valid", OTHER_VALID)(
    "Reads the first two chunks of a body, and no other.", joined=lambda self, chunks: b"".join(chunks[:2])
)
EndsAtAChunkOfOneByte = broken("status.valid", OTHER_VALID)(
    "Takes a chunk of one byte for the last one, which has none.",
    joined=lambda self, chunks: b"".join(takewhile(lambda chunk: len(chunk) > 1, chunks)),
)

# Too talkative


class EchoesTheBodyForEachMember(Broken):
    """Lists each unknown member, and shows the whole object with each."""

    breaks, found_by = "answer.given", OTHER_SCHEMA

    def validate(self, value: Any, slug: str) -> None:
        unknown = [name for name in value if name not in (NAME, EXTERNAL_ID)] if isinstance(value, dict) else []
        if unknown:
            items = [{"location": f"body.{name}", "message": "unexpected property", "value": value} for name in unknown]
            raise Refusal(422, "validation failed", *items)
        super().validate(value, slug)
