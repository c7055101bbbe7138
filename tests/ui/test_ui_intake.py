"""Lines on their way to the screen: whole, without secrets, never more than there is room for."""

from __future__ import annotations

from zkwizard.model.secret import Redactor, Secret
from zkwizard.model.text import T
from zkwizard.screens.troubleshoot.intake import Intake


def everything(intake: Intake) -> tuple[bytes, int]:
    data, left_out = b"", 0
    while True:
        piece, gone = intake.taken()
        data, left_out = data + piece, left_out + gone
        if not piece and not gone:
            return data, left_out


def test_a_line_is_handed_on_when_it_has_ended() -> None:
    intake = Intake(Redactor())
    intake(b"one\ntw")
    assert everything(intake) == (b"one\n", 0)
    intake(b"o\n\nthree")
    assert everything(intake) == (b"two\n\n", 0)
    intake.close()
    assert everything(intake) == (b"three\n", 0)


def test_a_secret_is_found_also_where_it_came_in_two_pieces() -> None:
    intake = Intake(Redactor([Secret("proxy", "hunter2!")]))
    intake(b"password hun")
    intake(b"ter2! and more\n")
    assert everything(intake) == (b"password [secret] and more\n", 0)


def test_what_nobody_reads_is_counted_and_not_kept() -> None:
    intake = Intake(Redactor())
    line = b"x" * 1023 + b"\n"
    for _ in range(20 * 1024):
        intake(line)
    data, left_out = everything(intake)
    assert len(data) + left_out == 20 << 20
    assert 0 < len(data) <= 8 << 20 and data.endswith(b"\n")


def test_an_endless_line_is_no_reason_to_wait() -> None:
    intake = Intake(Redactor())
    intake(b"y" * 100_000)
    assert everything(intake) == (b"y" * 100_000, 0)


def test_words_about_the_line_come_beside_it_once() -> None:
    intake = Intake(Redactor())
    intake.tell(T("the line is back"))
    assert [str(words) for words in intake.told()] == ["the line is back"]
    assert intake.told() == []
