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


def test_chinese_in_other_encodings_is_read_and_latin_letters_are_not_taken_for_it() -> None:
    said = "跑步膝盖疼怎么办\nabc\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert text_lines(said.encode(encoding), "q.txt") == ["跑步膝盖疼怎么办", "abc"]
    assert text_lines("crème brûlée".encode("latin-1"), "q.txt") == ["cr\ufffdme br\ufffdl\ufffde"]


def test_one_bad_line_does_not_change_how_the_others_are_read() -> None:
    data = "宝宝过敏\n手机壳\n".encode() + "膝盖".encode("gb18030")
    assert text_lines(data, "q.txt")[:2] == ["宝宝过敏", "手机壳"]
