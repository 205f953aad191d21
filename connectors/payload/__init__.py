"""Payloads of machines turned into values: bounded decoding, paths, coercion and times; no protocol."""

from connectors.payload.decode import decode_json, decode_value
from connectors.payload.errors import PayloadError
from connectors.payload.fields import Field, FieldOptions
from connectors.payload.paths import MISSING, compile_path, parse_path
from connectors.payload.timestamps import TimestampFormat, TimestampOptions, TimestampReader

__all__ = [
    "MISSING",
    "Field",
    "FieldOptions",
    "PayloadError",
    "TimestampFormat",
    "TimestampOptions",
    "TimestampReader",
    "compile_path",
    "decode_json",
    "decode_value",
    "parse_path",
]
