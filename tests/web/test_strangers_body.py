"""A stranger's large upload is refused before a byte of it is read."""

import io


class Unread(io.RawIOBase):
    """A body that fails the test when somebody reads it."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer) -> int:
        raise AssertionError("the body was read")


def test_a_strangers_upload_is_not_read(client, cast):
    answer = client.post(
        "/w/acme/leads/imports",
        environ_overrides={
            "wsgi.input": Unread(),
            "CONTENT_LENGTH": str(100 * 1024 * 1024),
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
        },
    )
    assert answer.status_code in {302, 303, 401}
