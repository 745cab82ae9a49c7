"""Values that a field of an event may hold: a journal's line with another one is refused.

Numbers are bounded so that whatever is read can be summed, put into tables and drawn.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, Strict
from pydantic_core import CoreSchema, core_schema

from fftui.bits import checked_bits

MAX_COUNT = 2**63 - 1  # the largest integer of a table's column
# steps or images in about a second: their sums over a run stay below MAX_COUNT
MAX_IN_WINDOW = 2**40
MAX_AMOUNT = 1e18  # of seconds, joules, …: sums of such numbers stay finite
# Unix seconds at the end of the year 9999, the last one that Python's dates know
END_OF_TIME = 253_402_300_799.0
MOST_LAYERS = 4096


class _NullIfNotFinite:
    """Annotation of a number that is null in JSON where it was infinite or NaN."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.nullable_schema(handler(source))


Count = Annotated[int, Strict(), Field(ge=0, le=MAX_COUNT)]
CountInWindow = Annotated[int, Strict(), Field(ge=0, le=MAX_IN_WINDOW)]
Ordinal = Annotated[int, Strict(), Field(ge=1, le=MAX_COUNT)]  # of a phase, layer, epoch or step
ShortText = Annotated[str, Field(max_length=200)]  # a layer's title, such as "784→2000"; a host
# of seconds, watts, joules, percent, images a second
Amount = Annotated[float, Strict(), Field(ge=0, le=MAX_AMOUNT)]
Real = Annotated[float, Strict(), _NullIfNotFinite()]  # a loss or a goodness, which may diverge
Hertz = Annotated[float, Strict(), Field(gt=0, le=MAX_AMOUNT)]
Fraction = Annotated[float, Strict(), Field(ge=0, le=1)]
UnixSeconds = Annotated[float, Strict(), Field(ge=0, le=END_OF_TIME)]
Flag = Annotated[bool, Strict()]
Bits = Annotated[str, Strict(), AfterValidator(checked_bits)]  # one an image, see `fftui.bits`
