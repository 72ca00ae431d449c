"""The instruction that an entry of a history says it comes from."""

import pytest

from nbdock.frames.instruction import instruction, plain


@pytest.mark.parametrize(
    ("created_by", "word"),
    [
        # BuildKit
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN"),
        ("RUN |1 VERSION=3 /bin/sh -c make # buildkit", "RUN"),
        ("COPY file /usr/local/bin/ # buildkit", "COPY"),
        ("ENV PATH=/usr/local/bin:$PATH", "ENV"),
        ("WORKDIR /srv", "WORKDIR"),
        ('CMD ["httpd-foreground"]', "CMD"),
        ("EXPOSE map[80/tcp:{}]", "EXPOSE"),
        ("RUN /bin/sh -c echo '#(nop) CMD' # buildkit", "RUN"),
        # the classic builder
        ('/bin/sh -c #(nop)  CMD ["bash"]', "CMD"),
        ("/bin/sh -c #(nop) ADD file:4b4e1 in / ", "ADD"),
        ("/bin/sh -c #(nop) COPY dir:12 in /src", "COPY"),
        ("/bin/sh -c apt-get update", "RUN"),
        ("/bin/sh -c set -eux; \tcurl x", "RUN"),
        ("|2 A=1 B=two words /bin/sh -c make", "RUN"),
        ("/bin/bash -o pipefail -c curl x | sh", "RUN"),
        ("/bin/bash -c #(nop) USER nobody", "USER"),
        ("cmd /S /C dir", "RUN"),
        ("cmd /S /C #(nop)  ENV A=1", "ENV"),
        ("powershell -Command $ErrorActionPreference = 'Stop'; dir", "RUN"),
        # buildah and kaniko
        ("/bin/sh -c #(nop) LABEL a=b", "LABEL"),
        ("RUN apk add curl", "RUN"),
        # said by nobody
        ("/bin/sh -c #(nop) SOMETHING else", None),
        ("/bin/sh", None),
        ("bash", None),
        ("bazel build ...", None),
        ("jib-maven-plugin:3.4.0", None),
        ("# debian.sh --arch 'amd64' out/ 'bookworm' '@1'", None),
        ("Apply image 10.0.20348.2582", None),
        ("RUNNER x", None),
        ("run x", None),
        ("buildpacks", None),
        ("", None),
    ],
)
def test_the_word_alone(created_by: str, word: str | None) -> None:
    assert instruction(created_by) == word


def test_a_long_line_is_quick() -> None:
    assert instruction("/" * 100_000 + "sh -x" + " -x" * 50_000) is None
    assert instruction("powershell" + " -x" * 100_000) is None


@pytest.mark.parametrize(
    ("created_by", "said"),
    [
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |1 VERSION=3 /bin/sh -c make # buildkit", "RUN make"),
        ("|2 A=1 B=two words /bin/sh -c make", "RUN make"),
        ("/bin/bash -o pipefail -c curl x | sh", "RUN curl x | sh"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("COPY . /app # buildkit", "COPY . /app"),
        ("RUN apk add curl", "RUN apk add curl"),
        ("# debian.sh --arch 'amd64'", "# debian.sh --arch 'amd64'"),
        ("", ""),
    ],
)
def test_what_a_dockerfile_would_say(created_by: str, said: str) -> None:
    assert plain(created_by) == said


def test_what_is_said_is_quick_to_find() -> None:
    assert plain("RUN |" + "1 /" * 100_000).startswith("RUN |")
