"""docker's `--format`: the part of Go's text/template that docker's users type.

    {{.Config.Env}}  {{(index .RootFS.Layers 0)}}  {{json .}}       fields, functions, parentheses
    {{.Tag | lower | printf "%-10s"}}                               pipes
    {{if .A}}…{{else if .B}}…{{else}}…{{end}}  {{with .A}}…{{end}}
    {{range .List}}…{{else}}…{{end}}  {{range $key, $value := .Map}}…{{end}}
    {{$x := .A}}  {{$x = "b"}}  {{- trimmed -}}  {{/* comment */}}

Not there: define, template, block, break, continue, methods, and the functions html, js, urlquery and call.
"""

from nbdock.docker.template.listing import Listing
from nbdock.docker.template.template import Template
from nbdock.docker.template.values import Nil, Record

__all__ = ["Listing", "Nil", "Record", "Template"]
