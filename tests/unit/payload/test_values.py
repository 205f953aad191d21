"""Every data type takes exactly what it can hold; everything else gets a reason a person understands."""

import pytest

from connectors.payload import Field, FieldOptions, PayloadError

LABELS = {6: "Execute", 9: "Aborted"}


def convert(raw, **options):
    return Field(FieldOptions.model_validate({"path": "x", **options})).convert(raw)


@pytest.mark.parametrize(
    ("options", "raw", "value"),
    [
        ({}, 21.5, 21.5),
        ({}, 3, 3.0),
        ({}, " -1.5e3 ", -1500.0),
        ({"scale": 0.1, "offset": -40}, 650, 25.0),
        ({"data_type": "integer"}, 7, 7.0),
        ({"data_type": "integer"}, 7.0, 7.0),
        ({"data_type": "integer"}, "007", 7.0),
        ({"data_type": "integer"}, 2**53 + 1, 2**53 + 1),
        ({"data_type": "integer", "scale": 10}, 7, 70.0),
        ({"data_type": "boolean"}, True, 1.0),
        ({"data_type": "boolean"}, 0, 0.0),
        ({"data_type": "boolean"}, "ON", 1.0),
        ({"data_type": "boolean", "true_words": ["run"], "false_words": ["halt"]}, "Halt", 0.0),
        ({"data_type": "enum", "labels": LABELS}, "execute", 6.0),
        ({"data_type": "enum", "labels": LABELS}, 9, 9.0),
        ({"data_type": "enum", "labels": LABELS}, "6", 6.0),
        ({"data_type": "string"}, "lot 7", "lot 7"),
        ({"data_type": "string"}, 7, "7"),
        ({"data_type": "string"}, True, "true"),
        ({"data_type": "array", "scale": 2}, [1, 2.5], (2.0, 5.0)),
    ],
)
def test_what_fits(options, raw, value):
    got = convert(raw, **options)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("options", "raw", "reason"),
    [
        ({}, "abc", "'abc' is not a number"),
        ({}, "1_000", "is not a number"),
        ({}, "nan", "is not a number"),
        ({}, "1e999", "is not a finite number"),
        ({}, True, "true is not a number"),
        ({}, {"a": 1}, "an object with 1 keys is not a number"),
        ({}, "x" * 500, "x'… is not"),
        ({"scale": 1e300}, 1e300, "not finite after scale"),
        ({"data_type": "integer"}, 5.5, "5.5 is not a whole number"),
        ({"data_type": "integer"}, 1e20, "not a whole number of 64 bits"),
        ({"data_type": "integer", "scale": 4}, 2**63, "does not fit in 64 bits"),
        ({"data_type": "boolean"}, 2, "is not a boolean"),
        ({"data_type": "boolean"}, "maybe", "'maybe' is not a boolean"),
        ({"data_type": "enum", "labels": LABELS}, "jam", "none of the words Execute, Aborted"),
        ({"data_type": "enum", "labels": LABELS}, 2**60, "too large for an enumeration"),
        ({"data_type": "string"}, [1], "an array of 1 is not a text"),
        ({"data_type": "string"}, "x" * 5000, "a text of 5000 characters"),
        ({"data_type": "array"}, 1, "1 is not an array"),
        ({"data_type": "array"}, [1, "a"], "'a' is not a number"),
        ({"data_type": "array"}, [0] * 5000, "an array of 5000"),
    ],
)
def test_what_does_not_fit(options, raw, reason):
    with pytest.raises(PayloadError) as refused:
        convert(raw, **options)
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"path": "a..b"}, "cannot read it"),
        ({"data_type": "boolean", "scale": 2}, "need data_type float, integer or array"),
        ({"data_type": "integer", "scale": 0.5}, "whole numbers"),
        ({"true_words": ["on"], "false_words": ["On"]}, "both true_words and false_words"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, reason):
    with pytest.raises(ValueError, match=reason):
        FieldOptions.model_validate(options)
