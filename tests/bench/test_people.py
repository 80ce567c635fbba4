"""Real people for the trainer: sorted by speaker, and nobody the line is tested with among them."""

from pathlib import Path

from bench.human_recordings import listed
from bench.people import SOURCES, sorted_by_speaker


def test_paths_tell_who_speaks() -> None:
    said = [
        "usr/share/klettres/cs/alpha/a.ogg",
        "usr/share/games/fillets-ng/sound/city/cs/vit-m-hlava.ogg",
        "usr/share/tuxpaint/stamps/animals/cat_desc_pt_BR.ogg",
        "usr/share/asterisk/sounds/en_US/digits/1.g722",
    ]
    speakers = {
        speaker for source in SOURCES for speaker in sorted_by_speaker(source, [Path(path) for path in said]).values()
    }
    assert speakers == {"klettres-cs", "fillets-cs-m", "fillets-nl-m", "tuxpaint-pt_BR"} | {
        f"asterisk-{language}" for language in ("en", "es", "fr", "it")
    }


def test_what_is_no_speech_is_left_out() -> None:
    files = [Path("usr/share/klettres/cs.txt"), Path("usr/share/tuxpaint/stamps/animals/cat.ogg")]
    assert not any(sorted_by_speaker(source, files) for source in SOURCES)


def test_nobody_the_line_is_tested_with_is_trained_on() -> None:
    for recording in listed():
        for source in SOURCES:
            if source.package == recording.package:
                assert not sorted_by_speaker(source, [Path(recording.path)]), recording
