from typing import Any

import pytest

from nbdock.docker.functions import Function
from nbdock.docker.template import Template
from nbdock.docker.values import Duration, Nil, Record
from nbdock.errors import UsageError
from tests.docker.seen import DURATIONS, IMAGE, INSPECTED, RUN, VALUES

FIELDS = "ID, Tag, Unset"


@pytest.mark.parametrize(("format", "printed"), INSPECTED)
def test_an_image_prints_as_docker_printed_it(format: str, printed: str) -> None:
    assert Template(format).render(IMAGE) == printed


@pytest.mark.parametrize(("format", "printed"), list(zip(RUN[::2], RUN[1::2], strict=True)))
def test_values_print_as_go_prints_them(format: str, printed: str) -> None:
    assert Template(format).render(VALUES) == printed


def test_a_template_is_parsed_once_for_many_rows() -> None:
    template = Template("{{$x := .n}}{{range .l}}{{$x}}{{.}}{{end}}")
    assert [template.render({"n": n, "l": ["a", "b"]}) for n in (1, 2)] == ["1a1b", "2a2b"]


@pytest.mark.parametrize(
    ("format", "printed"),
    [
        ("{{.n -}} \n {{- .n}}", "77"),
        ("{{.n -}} {{- /* x */ -}}\n{{- .n -}}  ", "77"),
        (" \n {{- .n}} {{.n}} \n", "7 7 \n"),
        ("a {{- .n -}} {{.n}}", "a77"),
        ("{{- .n}}{{/*x*/ -}} b", "7b"),
        ("}} {{`{{-`}} {", "}} {{- {"),
        (" " * 100_000 + "x", " " * 100_000 + "x"),
    ],
)
def test_a_dash_trims_the_space_on_its_side(format: str, printed: str) -> None:
    assert Template(format).render({"n": 7}) == printed


@pytest.mark.parametrize("keyword", ["if", "with", "range"])
def test_a_variable_has_its_value_in_the_else_block_too(keyword: str) -> None:
    assert Template(f"{{{{{keyword} $x := .e}}}}{{{{else}}}}{{{{$x}}}}{{{{end}}}}").render({"e": []}) == "[]"


def test_a_field_that_a_record_has_not_is_refused_with_those_it_has() -> None:
    row = Record({"Tag": "1", "ID": "2"}, unset={"Unset": Nil.SLICE})
    with pytest.raises(UsageError) as refusal:
        Template("a\n {{.Foo.Bar}}").render(row)
    assert str(refusal.value) == (
        'template parsing error: template: :2:3: executing "" at <.Foo>: can\'t evaluate field Foo'
    )
    assert refusal.value.hint == f"available fields: {FIELDS}"


@pytest.mark.parametrize(
    ("nil", "printed"), [(Nil.SLICE, "[]|null|0|none||false"), (Nil.MAP, "map[]|null|0|none||false")]
)
def test_a_nil_is_empty_and_null(nil: Nil, printed: str) -> None:
    format = '{{.}}|{{json .}}|{{len .}}|{{range .}}x{{else}}none{{end}}|{{join . ","}}|{{if .}}{{else}}false{{end}}'
    assert Template(format).render(nil) == printed


def test_what_is_not_in_a_nil_map_is_no_value() -> None:
    assert Template('{{.x}}{{index . "x"}}').render(Nil.MAP) == "<no value>"


def test_a_record_prints_as_a_struct_in_its_own_order() -> None:
    assert Template('{{.}} {{printf "%v" .}} {{json .}}').render(Record({"b": 1, "a": [2]})) == (
        '{1 [2]} {1 [2]} {"b":1,"a":[2]}'
    )


def test_a_struct_prints_the_fields_that_its_json_leaves_out() -> None:
    record = Record({"b": 1, "a": "", "c": [2]}, unset={"a": "", "d": Nil.MAP})
    assert Template("{{.}} {{json .}} {{.a}}|{{.d}}").render(record) == '{1  [2] map[]} {"b":1,"c":[2]} |map[]'


def test_a_field_may_be_a_function() -> None:
    row = Record({}, unset={"Label": Function({"a": "1"}.get, "string")})
    assert Template('{{.Label "a"}} {{"a" | .Label}} {{json .}}').render(row) == "1 1 {}"
    for format, said in (
        ("{{.Label}}", "wrong number of args for .Label: want 1 got 0"),
        ("{{.Label 1}}", "wrong type for value; expected string; got int"),
    ):
        with pytest.raises(UsageError, match=said):
            Template(format).render(row)


def test_a_duration_is_words_in_text_and_nanoseconds_in_json() -> None:
    for nanoseconds, shown in DURATIONS:
        assert Template("{{.}} {{json .}}").render(Duration(nanoseconds)) == f"{shown} {nanoseconds}"
    assert Template('{{printf "%d %v" . .}} {{eq . 1}}').render(Duration(10**9)) == "1000000000 1s false"


WHILE_RUNNING = [
    ("{{.n.x}}", ':1:4: executing "" at <.n.x>: can\'t evaluate field x in type int'),
    ("{{lower .n}}", "wrong type for value; expected string; got int"),
    ("{{lower .A}}", "wrong type for value; expected string; got map"),
    ("{{pad .s true 1}}", "wrong type for value; expected int; got bool"),
    ("{{index .l 10}}", 'executing "" at <index .l 10>: error calling index: index out of range: 10'),
    ('{{index .l "a"}}', "can't index slice with string"),
    ("{{slice .l 3 9}}", "error calling slice: index out of range: 3:9"),
    ("{{slice .l 0 1 2}}", "error calling slice: index out of range: 0:1:2"),
    ("{{slice .n 1}}", "can't slice int"),
    ("{{truncate .s -1}}", "index out of range: -1"),
    ("{{len .n}}", "error calling len: len of type int"),
    ("{{lt .n .s}}", "error calling lt: incompatible types for comparison: int and string"),
    ("{{eq .l .l}}", "incompatible types for comparison: slice and slice"),
    ("{{range .s}}{{end}}", "range can't iterate over Hello Wörld"),
    ("{{range .t}}{{end}}", "range can't iterate over true"),
    ('{{join .s ","}}', "error calling join: expected slice, got string"),
    ('{{printf "%c" 99999999999}}', "at <printf \"%c\" 99999999...>: error calling printf"),
    ("{{.s .n}}", "executing \"\" at <.s .n>: .s has arguments but cannot be invoked as function"),
    ("{{.n | .s}}", ".s has arguments but cannot be invoked as function"),
    ("{{pad .s 0 1001}}", "padding must be from 0 to 1000 spaces, not 0 and 1001"),
]  # fmt: skip


@pytest.mark.parametrize(("format", "said"), WHILE_RUNNING)
def test_what_cannot_be_computed_is_refused_where_it_stands(format: str, said: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Template(format).render(VALUES)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith("template parsing error: template: :1:")
    assert "\n" not in str(refusal.value)


PARSING = [
    ("{{.n", "unclosed action"),
    ("{{.A.B}", "bad character U+007D '}'"),
    ("{{.ID}:{.Tag}}", "bad character U+007D '}'"),
    ("{{-.n}}", "bad character U+002D '-'"),
    ('{{"abc}}', "unterminated quoted string, or an escape that Go does not have"),
    (r'{{"\d"}}', "unterminated quoted string, or an escape that Go does not have"),
    ("{{'ab'}}", "malformed character constant"),
    ("{{`abc}}", "unterminated raw quoted string"),
    ("{{/* abc}}", "a comment must be alone between {{ and }}, and end with */"),
    ("{{.n /* abc */}}", "a comment must be alone between {{ and }}, and end with */"),
    ("{{12abc}}", "bad number syntax"),
    ("{{007}}", "invalid syntax: 007"),
    ("{{9223372036854775808}}", "integer overflow: 9223372036854775808"),
    ("{{" + "0x" + "f" * 3000 + "}}", "integer overflow: " + "0x" + "f" * 3000),
    ("{{1e999}}", "integer overflow: 1e999"),
    ("{{(.n}}", "unclosed left paren"),
    ("{{.n)}}", 'unexpected ")" after .n'),
    ("{{}}", "missing value"),
    ("{{if}}x{{end}}", "missing value"),
    ("{{= .n}}", 'unexpected "=" in operand'),
    ("{{if .n}}", "unexpected EOF"),
    ("{{end}}", "unexpected {{end}}"),
    ("{{else}}", "unexpected {{else}}"),
    ("{{if .n}}a{{else}}b{{else}}c{{end}}", "unexpected {{else}}"),
    ("{{range .l}}{{else if .n}}{{end}}", 'unexpected "if" after else'),
    ("{{foo .n}}", 'function "foo" not defined'),
    ("{{html .n}}", 'function "html" not defined'),
    ("{{$nope}}", 'undefined variable "$nope"'),
    ("{{$nope = 1}}", 'undefined variable "$nope"'),
    ("{{if $x := 1}}{{end}}{{$x}}", 'undefined variable "$x"'),
    ("{{$x, $y := 1}}", "too many declarations"),
    ("{{range $a, $b, $c := .l}}{{end}}", "too many declarations"),
    ("{{.n | 5}}", '"5" cannot follow |: only a function can'),
    ("{{.n | $}}", '"$" cannot follow |: only a function can'),
    ("{{$ .n}}", "can't give argument to non-function $"),
    ("{{lower}}", "wrong number of args for lower: want 1 got 0"),
    ("{{.s | lower .s}}", "wrong number of args for lower: want 1 got 2"),
    ("{{and}}", "wrong number of args for and: want at least 1 got 0"),
    ("{{eq 1}}", "wrong number of args for eq: want at least 2 got 1"),
    *(
        (f"{{{{{word} .}}}}", f"nbdock does not support {{{{{word}}}}} in templates")
        for word in ("define", "template", "block", "break", "continue")
    ),
]


@pytest.mark.parametrize(("format", "said"), PARSING)
def test_what_is_not_understood_is_named(format: str, said: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Template("\n" + format)
    assert str(refusal.value) == f"template parsing error: template: :2: {said}"
    assert refusal.value.hint


def nested(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize(
    "format",
    [
        "{{range 100000000}}{{end}}",
        "{{range .l}}{{range $.l}}{{range $.l}}{{range $.l}}{{json $}}{{end}}{{end}}{{end}}{{end}}",
        '{{$x := "aaaa"}}{{range 100}}{{$x = printf "%s%s" $x $x}}{{end}}',
    ],
)
def test_a_template_that_writes_without_end_is_stopped(format: str) -> None:
    with pytest.raises(UsageError, match="too much output"):
        Template(format).render({"l": ["x" * 1000] * 100})


@pytest.mark.parametrize("format", ["{{" + "(" * 9000 + "}}", "{{if 1}}" * 9000, "{{1" + "|print" * 9000 + "}}"])
def test_a_template_without_a_bottom_is_stopped(format: str) -> None:
    with pytest.raises(UsageError, match="too deeply"):
        Template(format).render({})


@pytest.mark.parametrize("format", ["{{.}}", "{{json .}}", '{{printf "%v" .}}'])
def test_data_without_a_bottom_is_refused(format: str) -> None:
    with pytest.raises(UsageError, match="too deeply"):
        Template(format).render(nested(5000))


def test_half_a_character_shows_as_its_replacement() -> None:
    assert Template("{{.}} {{json .}} {{truncate . 1}}").render("\ud83dx") == '\ufffdx "\ufffdx" ?'
