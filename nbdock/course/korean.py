"""The same in Korean."""

from __future__ import annotations

from nbdock.course.checking import Verdict
from nbdock.course.checking import check as _check
from nbdock.course.picture import hashes as _hashes
from nbdock.plots import Figure

__all__ = ["check", "hashes"]


def check(exercise: int) -> Verdict:
    """연습 문제에서 무엇이 틀렸고 무엇이 빠졌는지 말합니다. 변수와 저장소를 살펴보며, 오류로 멈추지 않습니다."""
    return _check(exercise, WORDS)


def hashes(image: str) -> Figure:
    """저장소에 있는 이미지의 해시를 그립니다. 각 해시가 무엇의 해시인지 보여 줍니다."""
    return _hashes(image, WORDS)


WORDS = {
    "Exercise {exercise}: {said}": "연습 {exercise}: {said}",
    "solved.": "맞았습니다.",
    "there is none; they are 1 to {last}.": "그런 연습은 없습니다. 1번부터 {last}번까지 있습니다.",
    "cannot be checked: {error}": "확인할 수 없습니다: {error}",
    "there is no variable `{name}` yet.": "아직 변수 `{name}`이(가) 없습니다.",
    "`{name}` should be a whole number, and is {kind}.": "`{name}`은(는) 정수여야 하는데 {kind}입니다.",
    "`{name}` should be text, and is {kind}.": "`{name}`은(는) 문자열이어야 하는데 {kind}입니다.",
    "`{name}` should be a list of texts, and is {kind}.": "`{name}`은(는) 문자열의 목록이어야 하는데 {kind}입니다.",
    "there is no image {name} in the store.": "저장소에 이미지 {name}이(가) 없습니다.",
    "`count` is {count}: the frame has one row for each layer, which are not so many.": (
        "`count`는 {count}인데, 레이어 수가 아닙니다. 표에는 레이어마다 행이 하나씩 있습니다."
    ),
    "`total` is what came over the network: add up the other column, `size_bytes`.": (
        "`total`은 네트워크로 받은 크기입니다. 다른 열 `size_bytes`를 더하세요."
    ),
    "`total` is {total}, and not the sum of the column `size_bytes`.": (
        "`total`은 {total}인데, 열 `size_bytes`의 합이 아닙니다."
    ),
    "`full` is {full}: the registry is missing. It comes first.": (
        "`full`은 {full}입니다. 레지스트리가 빠졌습니다. 맨 앞에 옵니다."
    ),
    "`full` is {full}: the namespace is missing, or another one.": (
        "`full`은 {full}입니다. 네임스페이스가 빠졌거나 다릅니다."
    ),
    "`full` is {full}: the tag is missing, or another one.": "`full`은 {full}입니다. 태그가 빠졌거나 다릅니다.",
    "`full` is {full}, which is another image.": "`full`은 {full}인데, 다른 이미지입니다.",
    "`image_id` is the digest, by which the registry knows the image. The id is in another column.": (
        "`image_id`는 다이제스트입니다. 레지스트리가 이미지를 알아보는 값이고, 이미지 ID는 다른 열에 있습니다."
    ),
    "`image_id` is {found}, and not the id of httpd:2.0.": "`image_id`는 {found}인데, httpd:2.0의 ID가 아닙니다.",
    "`command` is {found}, and not the Cmd of hello-app.": "`command`는 {found}인데, hello-app의 Cmd가 아닙니다.",
    "`no_layer` is {found}: that is every row of 0B, and some of them are layers.": (
        "`no_layer`는 {found}입니다. 0B인 행을 모두 센 값인데, 그중에는 레이어도 있습니다."
    ),
    "`no_layer` is {found}, and the history says otherwise.": "`no_layer`는 {found}인데, 이력과 다릅니다.",
    "`own` has {count} layers that httpd:2.2 has too.": "`own`에는 httpd:2.2에도 있는 레이어가 {count}개 있습니다.",
    "`own` has {count} texts that are no digest of a layer of httpd:2.0.": (
        "`own`에는 httpd:2.0의 레이어 다이제스트가 아닌 것이 {count}개 있습니다."
    ),
    "`own` lacks {count} layers.": "`own`에 레이어 {count}개가 빠졌습니다.",
    "yours:1.0 is there, but it is another image than httpd:2.2.": (
        "yours:1.0이 있지만 httpd:2.2와 다른 이미지입니다."
    ),
    "the image is still here, under the name {left}.": "이미지가 아직 {left}(이)라는 이름으로 남아 있습니다.",
    "there is still a container: {names}. Its image stays with it.": (
        "컨테이너가 아직 있습니다: {names}. 그 이미지도 함께 남습니다."
    ),
    "there are still images: {names}.": "이미지가 아직 있습니다: {names}.",
    "hello:1.0 does not begin with busybox: the first line is `FROM busybox`.": (
        "hello:1.0이 busybox로 시작하지 않습니다. 첫 줄은 `FROM busybox`입니다."
    ),
    "hello:1.0 has no variable GREETING that is hello: the instruction is `ENV`.": (
        "hello:1.0에 값이 hello인 환경 변수 GREETING이 없습니다. 쓸 명령은 `ENV`입니다."
    ),
    "hello:1.0 has no file /www/hello.html: the instruction is `COPY`.": (
        "hello:1.0에 파일 /www/hello.html이 없습니다. 쓸 명령은 `COPY`입니다."
    ),
    "The hashes of {image}, each the SHA-256 of something else": "{image}의 해시: 저마다 다른 것의 SHA-256입니다",
    "none: this image is for one platform alone": "없음: 이 이미지는 한 플랫폼만을 위한 것입니다",
    "index digest": "인덱스 다이제스트",
    "of all manifest digests": "매니페스트 다이제스트들의 해시",
    "manifest digest": "매니페스트 다이제스트",
    "of image id + layer digests": "이미지 ID + 레이어들의 해시",
    "image id": "이미지 ID",
    "of settings + diff ids": "설정 + diff ID들의 해시",
    "layer digest": "레이어 다이제스트",
    "of the layer, compressed": "압축된 레이어의 해시",
    "diff id": "diff ID",
    "of the layer, unpacked": "압축을 푼 레이어의 해시",
    "chain id": "chain ID",
    "of the diff ids up to it": "그 아래 diff ID들의 해시",
}
