"""What docker 28.2.2 (engine 20.10.24, classic store) printed of an odd image, in UTC, for each command.

Its id is IMAGE here, that of its container CONTAINER; ages are AGO, and the time of the container is NOW.
"""

from typing import Any

CONFIG: dict[str, Any] = {
    "created": "2024-11-07T17:20:00.123456789Z",
    "author": "me <m@x>",
    "variant": "v2",
    "os.version": "1.2",
    "config": {
        "Hostname": "h",
        "User": "u",
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
        "Env": ["A=<b>&", "C=\x1b"],
        "Cmd": ["sh", "-c", "a\tb\x07\x85"],
        "Healthcheck": {
            "Test": ["CMD", "true"],
            "Interval": 30000000000,
            "Timeout": 1500000000,
            "StartPeriod": 90000000000,
            "Retries": 3,
        },
        "ArgsEscaped": True,
        "Image": "sha256:0",
        "Volumes": {},
        "WorkingDir": "/w",
        "Entrypoint": ["/e"],
        "OnBuild": [],
        "Labels": {"z": "1", "a": "<b>&", "esc": "\x1b[31m\u2028"},
        "StopSignal": "SIGTERM",
        "Shell": ["/bin/bash"],
    },
    "history": [
        {
            "created": "2024-11-07T17:20:00.5Z",
            "created_by": "/bin/sh -c echo \x1b[31m\tred\n\x07 <a> & \u2028 é",
            "comment": "c\x1b",
        },
        {"created": "2024-11-07T19:20:00+02:00", "created_by": "CMD", "empty_layer": True},
        {"created_by": "RUN <x> yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"},
    ],
}
SIZES = {"a": 1_234_567, "b": 888_888}
"""The files of its two layers."""
CREATE = ["create", "--name", "one", "--network", "none", "-l", "b=2", "-l", "a=<1>", "odd:1"]
ANSWERS: list[tuple[list[str], str]] = [
    (
        ["images", "odd", "--format", "json"],
        (
            '{"Containers":"N/A","CreatedAt":"2024-11-07 17:20:00 +0000 UTC","CreatedSince":"'
            'AGO","Digest":"\\u003cnone\\u003e","ID":"IMAGE","Repository":"odd","SharedSize":"N'
            '/A","Size":"2.12MB","Tag":"1","UniqueSize":"N/A","VirtualSize":"2.123MB"}'
        ),
    ),
    (
        ["images", "odd", "--digests", "--format", "table {{.Repository}}\\t{{.VirtualSize}}"],
        ("REPOSITORY   SIZE      DIGEST\nodd          2.123MB   <none>"),
    ),
    (
        ["history", "odd:1", "--format", "json"],
        (
            '{"Comment":"","CreatedAt":"0001-01-01T00:00:00Z","CreatedBy":"RUN \\u003cx\\u003e '
            'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…","CreatedSince":"N/A","ID":"IMAGE","Size":'
            '"889kB"}\n{"Comment":"","CreatedAt":"2024-11-07T17:20:00Z","CreatedBy":"CMD","Cre'
            'atedSince":"AGO","ID":"\\u003cmissing\\u003e","Size":"0B"}\n{"Comment":"c\\u001b","C'
            'reatedAt":"2024-11-07T17:20:00Z","CreatedBy":"/bin/sh -c echo \\u001b[31m red\\n\\u'
            '0007 \\u003ca\\u003e \\u0026 \\u2028 é","CreatedSince":"AGO","ID":"\\u003cmissing\\u00'
            '3e","Size":"1.23MB"}'
        ),
    ),
    (
        ["history", "odd:1", "--format", "json", "--human=false", "--no-trunc"],
        (
            '{"Comment":"","CreatedAt":"0001-01-01T00:00:00Z","CreatedBy":"RUN \\u003cx\\u003e '
            'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy","CreatedSince":"00'
            '01-01-01T00:00:00Z","ID":"sha256:IMAGE","Size":"888888"}\n{"Comment":"","CreatedA'
            't":"2024-11-07T17:20:00Z","CreatedBy":"CMD","CreatedSince":"2024-11-07T17:20:00Z'
            '","ID":"\\u003cmissing\\u003e","Size":"0"}\n{"Comment":"c\\u001b","CreatedAt":"2024-'
            '11-07T17:20:00Z","CreatedBy":"/bin/sh -c echo \\u001b[31m red\\n\\u0007 \\u003ca\\u00'
            '3e \\u0026 \\u2028 é","CreatedSince":"2024-11-07T17:20:00Z","ID":"\\u003cmissing\\u0'
            '03e","Size":"1234567"}'
        ),
    ),
    (
        ["history", "odd:1", "--format", "{{json .CreatedBy}} {{.CreatedAt}}"],
        (
            '"RUN <x> yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…" 0001-01-01T00:00:00Z\n"CMD" 2024-'
            '11-07T17:20:00Z\n"/bin/sh -c echo \\u001b[31m red\\n\\u0007 <a> & \\u2028 é" 2024-11-'
            "07T17:20:00Z"
        ),
    ),
    (
        ["inspect", "odd:1", "--format", "{{json .Config}}"],
        (
            '{"User":"u","ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Env":["A=<b>&","C=\\u001b"'
            '],"Entrypoint":["/e"],"Cmd":["sh","-c","a\\tb\\u0007\x85"],"WorkingDir":"/w","Labels"'
            ':{"a":"<b>&","esc":"\\u001b[31m\\u2028","z":"1"},"StopSignal":"SIGTERM","ArgsEscap'
            'ed":true,"Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Timeout":1'
            '500000000,"StartPeriod":90000000000,"Retries":3},"Shell":["/bin/bash"]}'
        ),
    ),
    (
        [
            "inspect",
            "odd:1",
            "--format",
            (
                "{{.Config.Healthcheck.Interval}} {{json .Config.Healthcheck.Interval}} {{.Config"
                ".Healthcheck}} {{.Config.Healthcheck.StartInterval}}"
            ),
        ],
        ("30s 30000000000 {[CMD true] 30s 1.5s 1m30s 0s 3} 0s"),
    ),
    (
        [
            "inspect",
            "odd:1",
            "--format",
            (
                "{{.ID}} {{.Created}} {{.Descriptor}} {{.Manifests}} {{.Variant}} {{.OsVersion}} "
                "{{json .Config.Volumes}} {{.Config.Volumes}}"
            ),
        ],
        ("sha256:IMAGE 2024-11-07T17:20:00.123456789Z <nil> [] v2 1.2 {} map[]"),
    ),
    (["inspect", "odd:1", "--format", "{{range $k, $v := .Config.Labels}}{{println $k}}{{end}}"], ("a\nesc\nz\n")),
    (
        ["ps", "-a", "--format", "json"],
        (
            '{"Command":"\\"/e sh -c a\\\\tb\\\\a\\\\u0085\\"","CreatedAt":"NOW +0000 UTC","ID":"CONT'
            'AINER","Image":"odd:1","Labels":"a=\\u003c1\\u003e,b=2,esc=\\u001b[31m\\u2028,z=1","'
            'LocalVolumes":"0","Mounts":"","Names":"one","Networks":"none","Platform":null,"P'
            'orts":"","RunningFor":"AGO","Size":"0B","State":"created","Status":"Created"}'
        ),
    ),
    (["ps", "-a", "--format", '{{.Label "a"}} {{.Label "z"}} {{.Label "none"}} {{.Platform}}'], ("<1> 1  <nil>")),
    (
        ["ps", "-a", "--format", 'table {{.Names}}\\t{{.Label "com.x-y_z"}}\\t{{.LocalVolumes}}'],
        ("NAMES     x y z     LOCAL VOLUMES\none                 0"),
    ),
    (["ps", "-a", "--no-trunc", "--format", "{{.Command}}"], ('"/e sh -c a\\tb\\a\\u0085"')),
    (
        ["system", "df", "--format", '{{if ne .Type "Images"}}{{json .}}{{end}}'],
        (
            '\n{"Active":"0","Reclaimable":"0B","Size":"0B","TotalCount":"1","Type":"Container'
            's"}\n{"Active":"0","Reclaimable":"0B","Size":"0B","TotalCount":"0","Type":"Local '
            'Volumes"}\n{"Active":"0","Reclaimable":"0B","Size":"0B","TotalCount":"0","Type":"'
            'Build Cache"}'
        ),
    ),
    (
        [
            "system",
            "df",
            "-v",
            "--format",
            ("{{json .Volumes}} {{json .BuildCache}} {{range .Containers}}{{.Names}} {{.Labels}}{{end}}"),
        ],
        ("[] [] one a=<1>,b=2,esc=\x1b[31m\u2028,z=1"),
    ),
]
