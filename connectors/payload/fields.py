"""One value of a payload: where it stands, what it becomes, which signal it is."""

from __future__ import annotations

from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from connectors.payload import values
from connectors.payload.paths import compile_path, parse_path
from connectors.signals import SignalOptions
from gateway.model import DataType

_NUMERIC = {DataType.FLOAT, DataType.INTEGER, DataType.ARRAY}


class FieldOptions(SignalOptions):
    """A value of a payload that becomes a signal."""

    path: str = Setting(
        "",
        max_length=255,
        description='Path in the JSON document, such as data.values[0].temp; quote a key with a dot: "a.b".',
    )
    scale: float = Setting(1.0, description="Factor applied to the raw number, before `offset`.")
    offset: float = Setting(0.0, description="Added after `scale`, in `unit`.")
    true_words: tuple[str, ...] = Setting(
        ("true", "on", "1"), description="Texts that mean true, in any case."
    )
    false_words: tuple[str, ...] = Setting(
        ("false", "off", "0"), description="Texts that mean false, in any case."
    )

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        parse_path(path)
        return path

    @model_validator(mode="after")
    def _sensible(self) -> FieldOptions:
        scaled = (self.scale, self.offset) != (1.0, 0.0)
        if scaled and self.data_type not in _NUMERIC:
            msg = (
                f"`scale` and `offset` need data_type float, integer or array, not {self.data_type}"
            )
            raise ValueError(msg)
        if self.data_type is DataType.INTEGER and not (
            self.scale.is_integer() and self.offset.is_integer()
        ):
            msg = "an integer needs whole numbers as `scale` and `offset`; use data_type float"
            raise ValueError(msg)
        both = {w.casefold() for w in self.true_words} & {w.casefold() for w in self.false_words}
        if both:
            msg = f"{min(both)!r} stands in both true_words and false_words"
            raise ValueError(msg)
        return self


class Field:
    """A compiled field: `get(document)` gives the raw value or `MISSING`, `convert(raw)` its float or side value.

    `convert` raises `PayloadError` with a reason that does not name the field; `label` does.
    """

    __slots__ = ("convert", "get", "label")

    def __init__(self, options: FieldOptions) -> None:
        self.get = compile_path(options.path)
        self.convert = converter(options)
        self.label = f"field {options.path}" if options.path else "the value"


def converter(options: FieldOptions) -> values.Convert:
    """Return the conversion that a field's options ask for."""
    match options.data_type:
        case DataType.FLOAT:
            return values.float_converter(scale=options.scale, offset=options.offset)
        case DataType.INTEGER:
            return values.integer_converter(scale=int(options.scale), offset=int(options.offset))
        case DataType.BOOLEAN:
            return values.boolean_converter(
                true_words=options.true_words, false_words=options.false_words
            )
        case DataType.ENUM:
            return values.enum_converter(options.labels)
        case DataType.STRING:
            return values.to_text
        case DataType.ARRAY:
            return values.array_converter(scale=options.scale, offset=options.offset)
