from __future__ import annotations

import threading
from pathlib import Path

import pyarrow as pa
import pytest

from adunion.engines.eventlog import EventLog
from adunion.kernel.errors import AdUnionError

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)])


def rows(*numbers: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"n": list(numbers)}, schema=SCHEMA)


def numbers(log: EventLog, position: int = 0, rows_max: int = 65_536) -> list[int]:
    return [n for _, batch in log.read(position, rows_max) for n in batch.column("n").to_pylist()]


def open_log(folder: Path, **options: object) -> EventLog:
    return EventLog(folder, SCHEMA, **options)  # type: ignore[arg-type]


def test_rows_come_back_in_order_from_any_position(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    assert [log.append(rows(0, 1, 2)), log.append(rows(3)), log.append(rows(4, 5))] == [0, 3, 4]
    for position in range(7):
        assert numbers(log, position) == list(range(position, 6))
    log.close()


def test_a_ticket_never_counts_rows_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(tmp_path)
    tickets, end = [], EventLog._end_commit

    def look(self: EventLog, failure: BaseException | None) -> None:
        tickets.append(self.ticket())  # as another thread may while a commit ends
        end(self, failure)

    monkeypatch.setattr(EventLog, "_end_commit", look)
    assert [log.append(rows(0, 1, 2)), log.append(rows(3))] == [0, 3]
    assert tickets == [3, 4]
    log.close()


def test_batches_have_at_most_the_rows_asked_for_and_say_where_to_go_on(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for start in range(0, 30, 3):
        log.append(rows(start, start + 1, start + 2))
    read = [(at, batch.column("n").to_pylist()) for at, batch in log.read(1, 7)]
    assert [at for at, _ in read] == [8, 15, 22, 29, 30]
    assert [n for _, part in read for n in part] == list(range(1, 30))
    log.close()


def test_a_log_is_the_same_after_it_was_closed_and_opened(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(rows(1, 2))
    log.close()
    again = open_log(tmp_path)
    assert again.append(rows(3)) == 2
    assert numbers(again) == [1, 2, 3]
    again.close()


def test_segments_roll_and_are_read_across(tmp_path: Path) -> None:
    log = open_log(tmp_path, segment_bytes_max=600)
    for n in range(40):
        log.append(rows(n))
    assert len(list(tmp_path.glob("*.events"))) > 5
    assert log.segment_positions()[0] == 0
    log.close()
    again = open_log(tmp_path, segment_bytes_max=600)
    assert numbers(again) == list(range(40))
    assert numbers(again, 17, 4) == list(range(17, 40))
    again.close()


@pytest.mark.parametrize("cut", [1, 5, 16, 40])
def test_a_torn_tail_is_cut_and_the_rest_stays(tmp_path: Path, cut: int) -> None:
    log = open_log(tmp_path)
    log.append(rows(1, 2))
    log.append(rows(3, 4))
    log.close()
    (path,) = tmp_path.glob("*.events")
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = open_log(tmp_path)
    assert numbers(again) == [1, 2]
    again.append(rows(5))
    again.close()
    once_more = open_log(tmp_path)
    assert numbers(once_more) == [1, 2, 5]
    once_more.close()


def test_garbage_behind_the_last_frame_is_cut(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(rows(1))
    log.close()
    (path,) = tmp_path.glob("*.events")
    with path.open("ab") as file:
        file.write(b"AUf1" + bytes(100))
    again = open_log(tmp_path)
    assert numbers(again) == [1]
    again.close()


def test_damage_before_a_good_frame_is_refused_with_file_and_offset(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(rows(1))
    start = log._segments[-1].end
    log.append(rows(2))
    log.append(rows(3))
    log.close()
    (path,) = tmp_path.glob("*.events")
    data = bytearray(path.read_bytes())
    data[start + 60] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(AdUnionError, match=rf"{path.name} is damaged at byte {start}") as caught:
        open_log(tmp_path)
    assert caught.value.code == "event_log_damaged"
    assert path.read_bytes() == bytes(data)


def test_damage_in_a_closed_segment_is_found_when_it_is_read(tmp_path: Path) -> None:
    log = open_log(tmp_path, segment_bytes_max=600)
    for n in range(20):
        log.append(rows(n))
    log.close()
    first = min(tmp_path.glob("*.events"))
    data = bytearray(first.read_bytes())
    data[-20] ^= 1
    first.write_bytes(bytes(data))
    again = open_log(tmp_path, segment_bytes_max=600)
    with pytest.raises(AdUnionError, match=first.name):
        numbers(again)
    assert numbers(again, 15) == list(range(15, 20))
    again.close()


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(rows(1))
    with pytest.raises(AdUnionError) as caught:
        open_log(tmp_path)
    assert caught.value.code == "event_log_in_use"
    reader = open_log(tmp_path, read_only=True)
    assert numbers(reader) == [1]
    log.append(rows(2))
    assert reader.refresh() == 2
    assert numbers(reader) == [1, 2]
    with pytest.raises(AdUnionError, match="opened to read"):
        reader.append(rows(3))
    log.close()
    reader.close()


def test_a_reader_follows_a_writer_from_segment_to_segment(tmp_path: Path) -> None:
    log = open_log(tmp_path, segment_bytes_max=400)
    reader = open_log(tmp_path, read_only=True)
    for number in range(30):
        log.append(rows(number))
        if number % 4 == 0:
            assert reader.refresh() == number + 1
            assert numbers(reader, max(number - 2, 0)) == list(
                range(max(number - 2, 0), number + 1)
            )
    reader.refresh()
    assert numbers(reader) == list(range(30))
    assert len(list(tmp_path.glob("*.events"))) > 3
    log.close()
    reader.close()


def test_another_schema_is_refused(tmp_path: Path) -> None:
    open_log(tmp_path).close()
    with pytest.raises(AdUnionError) as caught:
        EventLog(tmp_path, pa.schema([pa.field("other", pa.int8())]))
    assert caught.value.code == "event_log_schema"


def test_a_position_beyond_the_log_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with pytest.raises(AdUnionError, match="holds 0 rows"):
        numbers(log, 1)
    log.close()


def test_concurrent_appends_all_land_once_and_share_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path)
    commits: list[int] = []
    commit = log._commit
    monkeypatch.setattr(log, "_commit", lambda group: (commits.append(len(group)), commit(group)))
    positions: dict[int, int] = {}

    def append(worker: int) -> None:
        for n in range(25):
            value = worker * 100 + n
            positions[value] = log.append(rows(value))

    threads = [threading.Thread(target=append, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = numbers(log)
    assert sorted(found) == sorted(positions)
    assert all(found[position] == value for value, position in positions.items())
    assert sum(commits) == 200
    assert len(commits) < 200
    log.close()


def test_a_failed_write_is_told_to_the_caller_and_nothing_more_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path)
    log.append(rows(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("adunion.engines.eventlog.os.fdatasync", full)
        with pytest.raises(AdUnionError, match="No space left"):
            log.append(rows(2))
    with pytest.raises(AdUnionError, match="No space left"):
        log.append(rows(3))
    assert numbers(log) == [1]
    log.close()
    again = open_log(tmp_path)
    assert numbers(again)[0] == 1
    again.close()
