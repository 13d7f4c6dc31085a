"""Where a camera's picture comes from: addresses, as its port is opened."""

import pytest

from roomctl.camera.onvif import message as soap
from roomctl.camera.video import at_host, aw_picture, with_login

PIN = "sha256:" + 64 * "a"


@pytest.mark.parametrize(
    ("uri", "camera", "asked"),
    [
        ("rtsp://10.0.0.5/s", "onvif://192.0.2.1:8000", "rtsp://192.0.2.1/s"),
        ("rtsp://10.0.0.5:8554/s?a=1", "onvif://192.0.2.1", "rtsp://192.0.2.1:8554/s?a=1"),
        ("http://u:p@10.0.0.5/x.jpg", "onvif://cam.lan", "http://cam.lan/x.jpg"),
        ("https://10.0.0.5/x#y", f"onvif-https://cam.lan#{PIN}", f"https://cam.lan/x#{PIN}"),
        ("rtsp://10.0.0.5/s", "onvif://[2001:db8::1]", "rtsp://[2001:db8::1]/s"),
        ("file:///etc/passwd", "onvif://192.0.2.1", None),
        ("rtsp://h:99999/s", "onvif://192.0.2.1", None),
        ("rtsp://h/a b", "onvif://192.0.2.1", None),
        ("", "onvif://192.0.2.1", None),
    ],
)
def test_an_address_that_a_camera_names_is_asked_at_its_own_host(
    uri: str, camera: str, asked: str | None
) -> None:
    assert at_host(uri, camera) == asked


@pytest.mark.parametrize(
    ("camera", "picture"),
    [
        ("aw://192.0.2.20", "http://192.0.2.20/cgi-bin/camera?resolution=640&quality=1"),
        ("aw://cam.lan:8080", "http://cam.lan:8080/cgi-bin/camera?resolution=640&quality=1"),
        (
            f"aw-https://cam.lan#{PIN}",
            f"https://cam.lan/cgi-bin/camera?resolution=640&quality=1#{PIN}",
        ),
    ],
)
def test_an_aw_camera_makes_its_picture_where_its_document_says(camera: str, picture: str) -> None:
    assert aw_picture(camera) == picture


@pytest.mark.parametrize(
    ("url", "weakest", "opened"),
    [
        ("rtsp://h/s?a=1", "digest", "rtsp://me:p%40%2F@h/s?a=1"),
        ("rtsp://h/s", "basic", "rtsp://me:p%40%2F@h/s#weakest_login=basic"),
        (f"https://h/x#{PIN}", "basic", f"https://me:p%40%2F@h/x#{PIN}&weakest_login=basic"),
    ],
)
def test_a_login_is_put_before_the_host(url: str, weakest: str, opened: str) -> None:
    assert with_login(url, "me", "p@/", weakest) == opened
    assert with_login(url, "", "p@/", weakest) == url


def profile(token: str, width: object, source: str = "video1") -> str:
    size = f"<Resolution><Width>{width}</Width><Height>360</Height></Resolution>"
    return (
        f'<Profiles token="{token}"><VideoSourceConfiguration><SourceToken>{source}</SourceToken>'
        f"</VideoSourceConfiguration><VideoEncoderConfiguration>{size}"
        "</VideoEncoderConfiguration></Profiles>"
    )


@pytest.mark.parametrize(
    ("profiles", "chosen"),
    [
        ([profile("main", 3840), profile("sub", 640), profile("tiny", 320)], "sub"),
        ([profile("main", 1920), profile("sub", 480)], "main"),
        ([profile("a", 320), profile("b", 480)], "b"),
        ([profile("main", 1920), profile("thermal", 640, "video2")], "main"),
        ([profile("main", "x"), profile("sub", "-5"), profile("c", "9" * 50)], None),
        (["<Profiles token='bare'/>"], None),
    ],
)
def test_the_smallest_stream_that_suffices_is_chosen(
    profiles: list[str], chosen: str | None
) -> None:
    reader = soap.SoapReader(
        soap.envelope(f"<GetProfilesResponse>{''.join(profiles)}</GetProfilesResponse>")
    )
    while reader.step():
        pass
    found = reader.body()
    assert not isinstance(found, soap.SoapFault)
    assert soap.smallest_picture(found, next(soap.every(found, "Profiles"))) == chosen
