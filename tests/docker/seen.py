"""What docker 28.2.2 printed of one image (engine 20.10.24): its document as `docker image inspect` has it, and formats
with the text that came. Go's text/template ran `RUN` over `VALUES`."""

from nbdock.docker.values import Nil, Record

LAYERS = [
    "sha256:8eb6af7c4f6d7db1b1e8f6638076b63eb1dd704b980c52285e9b611836575f9f",
    "sha256:c2d8089d3fb2f034b30943338877bfd4aa2f96b05b6c5b8483cac07911244fc8",
]
CONFIG = Record(
    {
        "ExposedPorts": {"80/tcp": Record({}), "443/tcp": Record({})},
        "Env": ["PATH=/usr/bin", "HOME=/root"],
        "Cmd": ["/bin/sh", "-c", '["sh", "-c", "echo \\"hi\\"\tx"]'],
        "Volumes": {"/data": Record({})},
        "WorkingDir": "/srv",
        "Labels": {"zed": "1", "a": "<b>&", "Alpha": "2"},
    },
    unset={"User": "", "Entrypoint": Nil.SLICE, "OnBuild": Nil.SLICE, "Healthcheck": Nil.POINTER},
)
IMAGE = Record(
    {
        "Id": "sha256:5612a2f73dad8e2c7a3a2d7e641734f49c9aad886e82b74640644a37008e5b1d",
        "RepoTags": ["demo:1", "demo:latest"],
        "RepoDigests": [],
        "Comment": "",
        "Created": "2026-11-25T02:35:46.069835896Z",
        "Config": CONFIG,
        "Architecture": "amd64",
        "Size": 6,
        "GraphDriver": Record({"Data": Nil.MAP, "Name": "vfs"}),
        "RootFS": Record({"Type": "layers", "Layers": LAYERS}),
    },
    unset={"Descriptor": Nil.POINTER, "Manifests": Nil.SLICE},
)

INSPECTED = [
    (
        "{{json .Config}}",
        '{"ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Env":["PATH=/usr/bin","HOME=/root"],'
        '"Cmd":["/bin/sh","-c","[\\"sh\\", \\"-c\\", \\"echo \\\\\\"hi\\\\\\"\\tx\\"]"],"Volumes":{"/data":{}},'
        '"WorkingDir":"/srv","Labels":{"Alpha":"2","a":"<b>&","zed":"1"}}',
    ),
    ("{{.Config.ExposedPorts}}", "map[443/tcp:{} 80/tcp:{}]"),
    ("{{.Config.Labels}}", "map[Alpha:2 a:<b>& zed:1]"),
    ("{{json .Config.Labels}}", '{"Alpha":"2","a":"<b>&","zed":"1"}'),
    ("{{.Config.Labels.nope}}", "<no value>"),
    ('{{index .Config.Labels "nope"}}', ""),
    ("{{.Config.Healthcheck}}", "<nil>"),
    ("{{.Config.User}}", ""),
    ("{{range $k,$v := .Config.Labels}}{{$k}}={{$v}} {{end}}", "Alpha=2 a=<b>& zed=1 "),
    ("{{.RepoTags}} {{.RepoDigests}} {{len .RepoDigests}} {{.Size}}", "[demo:1 demo:latest] [] 0 6"),
    ('{{index .Config "User"}}|', "|"),
    (r"a\tb", r"a\tb"),
    ('{{printf "%q" .Config.Env}} {{join .Config.Env "|"}}', '["PATH=/usr/bin" "HOME=/root"] PATH=/usr/bin|HOME=/root'),
    ("{{.Config.OnBuild}} {{json .Config.OnBuild}} {{json .Config.Entrypoint}}", "[] null null"),
    ("{{.RootFS.Layers}}", f"[{LAYERS[0]} {LAYERS[1]}]"),
    ("{{len .RootFS.Layers}} {{index .RootFS.Layers 0}}", f"2 {LAYERS[0]}"),
    ("{{.GraphDriver.Name}} {{.GraphDriver.Data}}", "vfs map[]"),
    ("{{with .Comment}}c{{else}}none{{end}}", "none"),
    ("{{.Descriptor}} {{.Manifests}}", "<nil> []"),
    ("{{.Config.Labels.a}} {{json .Config.Labels.a}}", '<b>& "<b>&"'),
]

HEADINGS = {"ID": "IMAGE ID", "Repository": "REPOSITORY", "Tag": "TAG", "Size": "SIZE"}
ROWS = [
    {"ID": "5612a2f73dad", "Repository": "demo", "Size": "6B", "Tag": "1"},
    {"ID": "5612a2f73dad", "Repository": "demo", "Size": "6B", "Tag": "latest"},
    {"ID": "5c83cb9b9694", "Repository": "bare", "Size": "6B", "Tag": "1"},
]
LISTED = [
    (
        r"table {{.ID}}\t{{.Repository | upper}}\t{{truncate .Tag 3}}\t{{json .Size}}",
        "IMAGE ID       REPOSITORY   TAG       SIZE\n"
        '5612a2f73dad   DEMO         1         "6B"\n'
        '5612a2f73dad   DEMO         lat       "6B"\n'
        '5c83cb9b9694   BARE         1         "6B"\n',
    ),
    (
        "json",
        '{"ID":"5612a2f73dad","Repository":"demo","Size":"6B","Tag":"1"}\n'
        '{"ID":"5612a2f73dad","Repository":"demo","Size":"6B","Tag":"latest"}\n'
        '{"ID":"5c83cb9b9694","Repository":"bare","Size":"6B","Tag":"1"}\n',
    ),
    (r" {{.Repository}}:{{.Tag}}\n ", "demo:1\n\ndemo:latest\n\nbare:1\n\n"),
    (r"{{pad .Tag 1 2}}\t{{.Size}}", " 1  \t6B\n latest  \t6B\n 1  \t6B\n"),
    ("{{/* nothing */}}", "\n\n\n"),
]

VALUES = {
    "A": {"B": ["x", 1, "<é>"], "C": {"k": "v", "a": 1, "n": None}},
    "l": ["a", "b c", 'q"\\'],
    "e": [],
    "s": "Hello Wörld",
    "z": "",
    "n": 7,
    "zero": 0,
    "f": 1.5,
    "t": True,
    "no": False,
    "nil": None,
    "deep": [[1, [2]], {"x": [{}]}],
    "ctl": "a\tb\x1b[31m\u2028",
}
RUN = r"""
{{.A.B}} {{.A}}
[x 1 <é>] map[B:[x 1 <é>] C:map[a:1 k:v n:<nil>]]
{{json .A}} {{json .ctl}} {{json .nil}} {{json .f}}
{"B":["x",1,"<é>"],"C":{"a":1,"k":"v","n":null}} "a\tb\u001b[31m\u2028" null 1.5
{{.s | lower}} {{.s|upper|printf "%s!"}} {{.s | printf "%-5s|%12s" "x"}}
hello wörld HELLO WÖRLD! x    | Hello Wörld
{{title "hello wörld-a b_c"}} {{pad .s 2 1}}|{{pad .z 2 3}}|
Hello Wörld-A B_c   Hello Wörld ||
{{truncate .s 3}}|{{truncate .s 50}}|{{truncate .s 0}}
Hel|Hello Wörld|
{{split "a:b::c" ":"}} {{split "abc" ""}} {{join (split "a:b" ":") "/"}}
[a b  c] [a b c] a/b
{{len print}} {{join .A.B "-"}} {{join .A.C "/"}}
0 x-1-<é> 1/<nil>/v
{{range .l}}<{{.}}>{{end}}{{range .e}}x{{else}}none{{end}}{{range .nil}}x{{end}}
<a><b c><q"\>none
{{range $i, $v := .l}}{{$i}}={{$v}};{{end}}
0=a;1=b c;2=q"\;
{{range $v := .l}}{{$v}},{{end}} {{range .A.C}}[{{.}}]{{end}} {{range $k, $v := .A.C}}{{$k}}{{end}}
a,b c,q"\, [1][v][<no value>] akn
{{range $i, $_ := .l}}{{if $i}}, {{end}}{{.}}{{end}}
a, b c, q"\
{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}
01201
{{if .zero}}1{{else if .z}}2{{else if .e}}3{{else if .n}}4{{else}}5{{end}}
4
{{with .A}}{{index .B 0}} {{$.n}}{{end}}{{with .z}}x{{else}}y{{end}}{{with .z}}x{{else with .s}}{{.}}{{end}}
x 7yHello Wörld
{{$x := .n}}{{$x}}{{$x = "b"}}{{$x}}{{if true}}{{$x := 5}}{{$x}}{{end}}{{$x}}
7b5b
{{with $y := .s}}{{$y}}{{end}}{{if $y := .n}}{{$y}}{{end}}
Hello Wörld7
a {{- .n -}}  b  {{ .n }} c
a7b  7 c
a {{- /* {{.n}} */ -}} b {{/* x */}} c
ab  c
{{"q\t\u00e9\""}} {{`raw\t`}} {{'a'}} {{0x1F}} {{-5}} {{1.50}} {{true}}
q	é" raw\t 97 31 -5 1.5 true
{{eq .n 7}} {{eq .s "x" "Hello Wörld"}} {{ne .n 8}} {{eq .nil nil}} {{eq .nil 1}}
true true true true false
{{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 2.5}}
true true true false
{{and .t .n}} {{and .zero .n}} {{or .zero .z "x"}} {{not .z}} {{or .t (index .e 9)}}
7 0 x true true
{{len .s}} {{len .l}} {{len .A.C}} {{len .e}} {{.l | len | printf "%03d"}}
12 3 3 0 003
{{index .l 1}} {{index .A "B" 1}} {{(index .A "C").k}} {{(index .deep 1).x}}
b c 1 v [map[]]
{{slice .l 1}} {{slice .l 1 2}} {{slice .s 0 5}} {{slice .s 6}}
[b c q"\] [b c] Hello Wörld
{{print 1 2 "a" "b" 3 true .nil}}|{{println 1 "a" | printf "%q"}}|{{print}}
1 2ab3 true <nil>|"1 a\n"|
{{.missing}} {{.missing.x}} {{if .missing}}a{{else}}b{{end}} {{.nil}}
<no value> <no value> b <no value>
{{printf "%d|%5d|%-5d|%05d|%+d|%x|%X|%#x|%c" 42 42 42 42 42 255 255 255 65}}
42|   42|42   |00042|+42|ff|FF|0xff|A
{{printf "%s|%8s|%-8s|%.2s|%q|%x|%X" .z "hé" "hé" "hél" "a\tb\x1b\"" "hi" "k"}}
|      hé|hé      |hé|"a\tb\x1b\""|6869|6B
{{printf "%t %v %v %T %.2f %8.3f %g 100%%" true false .f "a" 1.555 3.14159 1.5}}
true false 1.5 string 1.55    3.142 1.5 100%
{{printf "%s %q %v" .l .l .deep}}
[a b c q"\] ["a" "b c" "q\"\\"] [[1 [2]] map[x:[map[]]]]
{{printf "%d %s %t %t"  "x" 1 2 .nil}} {{printf "%d"}} {{printf "x" 1 "b" .nil}} {{printf "%"}}
%!d(string=x) %!s(int=1) %!t(int=2) %!t(<nil>) %!d(MISSING) x%!(EXTRA int=1, string=b, <nil>) %!(NOVERB)
""".strip("\n").split("\n")
"""Templates, each with the line that Go made of it (`join` as docker 29 has it)."""

DURATIONS = [
    (0, "0s"),
    (1, "1ns"),
    (1_000, "1µs"),
    (1_500, "1.5µs"),
    (-1_500, "-1.5µs"),
    (1_000_000, "1ms"),
    (1_234_567, "1.234567ms"),
    (999_999_999, "999.999999ms"),
    (1_000_000_000, "1s"),
    (1_500_000_000, "1.5s"),
    (30_000_000_000, "30s"),
    (90_000_000_000, "1m30s"),
    (3_600_000_000_000, "1h0m0s"),
    (5_400_000_000_000, "1h30m0s"),
    (3_661_000_000_001, "1h1m1.000000001s"),
    (-90_000_000_000, "-1m30s"),
    (4_611_686_018_427_387_904, "1281023h53m38.427387904s"),
]
"""Nanoseconds, and what Go prints of them as a time.Duration."""
