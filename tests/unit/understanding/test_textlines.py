import pytest

from adunion.kernel.errors import AdUnionError
from adunion.understanding.textlines import text_lines


def test_only_a_line_feed_ends_a_line() -> None:
    data = "a\u2028b\x0bc\td\r\n\n手机壳\n".encode()
    assert text_lines(data, "q.txt") == ["a\u2028b\x0bc\td", "", "手机壳"]
    assert text_lines(b"\xef\xbb\xbfa", "q.txt") == ["a"]
    assert text_lines(b"", "q.txt") == []


def test_what_is_no_utf8_stays_in_its_own_line_and_a_binary_file_is_refused() -> None:
    assert text_lines(b"a\n\xff\xfe\nb", "q.txt") == ["a", "\ufffd\ufffd", "b"]
    with pytest.raises(AdUnionError, match=r"q\.bin is binary"):
        text_lines(b"a\0b", "q.bin")
