"""The published page of the hearing bench: docs/benchmarks/asr.md and its plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench.asr.channel import CONDITIONS
from bench.asr.report import ALL, REAL_TIME_TARGET, TARGETS, ModelReport, Result
from bench.human_recordings import SPEAKERS

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
_SETS = ("yes_no", "command", "card", "phone", "birth_date", "sentence", "outside", ALL)
_ABOUT_SETS = {
    "yes_no": "yes and no in the flows' own phrasings; right: understood as meant",
    "command": "every phrase of the menu's list; right: the option that was meant",
    "card": "16-digit card numbers dictated in groups, pauses of 0.1–1.5 s; right: all digits, by the check rule",
    "phone": "11-digit telephone numbers, by groups; right: all digits",
    "birth_date": "dates in words or digits; right: the date",
    "sentence": "sentences of the four tasks that were never trained on, free speech; right: every word",
    "outside": "speech beside the point against a yes/no list; right: rejected",
    ALL: "all of these but `outside` together",
    "human_number": "real people: single number words, against the list of number phrases; right: the very word",
    "human_spliced": "real people: 2–7 digits spliced from single words with gaps of 25–200 ms; right: all digits",
    "human_spliced_slow": "the same with gaps of 0.3–1.2 s",
    "human_yes_no": "real people: «да», «нет»",
    "human_date_word": "real people: months and feminine ordinals, against the list of dates",
    "human_word": "real people: other words, free speech",
    "human_outside": "real people: words and sentences beside the point against a yes/no list; right: rejected",
}


def publish(facts: Mapping[str, Any], reports: Sequence[ModelReport], results: str, *, folder: Path = FOLDER) -> Path:
    """Write the page and its plots; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    _plot_sets(reports, folder / "asr-sets.png")
    _plot_lines(reports, folder / "asr-lines.png")
    _plot_people(reports, folder / "asr-people.png")
    page = folder / "asr.md"
    page.write_text("\n".join(_page(facts, reports, results)) + "\n", encoding="utf-8")
    return page


def _page(facts: Mapping[str, Any], reports: Sequence[ModelReport], results: str) -> Iterator[str]:
    machine = facts["machine"]
    yield "# Hearing: how much the line understands"
    yield ""
    yield (
        f"Command: `{facts['command']}`. {facts['date'][:10]}, {machine['cores']} cores ({machine['processor']}), "
        f"Python {machine['python']}. The bench's audio is {facts['audio_seconds'] / 3600:.1f} hours. Results file: "
        f"`bench/results/{results}`."
    )
    yield ""
    yield (
        "Audio goes the line's own way: the speech gate cuts it, each piece is a recogniser's stream with the "
        "question's phrase list, what it does not hold is heard again, the pieces are joined, and the dialogue's rules "
        "read the answer. «free» is without a list. Intervals are 95 % (Wilson; for word error by drawing utterances "
        "anew)."
    )
    yield ""
    yield "## Targets"
    yield ""
    yield "| what | at least | " + " | ".join(report.model for report in reports) + " |"
    yield "| --- | --- |" + " --- |" * len(reports)
    for target in TARGETS:
        rows = [report.result(target.set, target.condition) for report in reports]
        cells = (_against(row, target.share) for row in rows)
        yield f"| {target.why} ({target.condition}) | {100 * target.share:.0f} % | " + " | ".join(cells) + " |"
    factors = (
        f"{report.real_time_factor:.4f} {'yes' if report.real_time_factor <= REAL_TIME_TARGET else '**no**'}"
        for report in reports
    )
    yield f"| CPU seconds for a second of speech, one core | ≤ {REAL_TIME_TARGET} | " + " | ".join(factors) + " |"
    yield ""
    for report in reports:
        yield (
            f"`{report.model}`: {report.machine.memory_mb:.0f} MB resident in a process with nothing else in it, "
            f"loaded in {report.machine.load_seconds:.2f} s, "
            f"{report.line_factor:.4f} CPU seconds for a second of a call; most for a second of speech: "
            f"{report.slowest.real_time_factor:.4f} ({report.slowest.set}, {report.slowest.condition})."
        )
    yield ""
    yield "![by set](asr-sets.png)"
    yield ""
    yield "![by line](asr-lines.png)"
    yield ""
    yield "![real people](asr-people.png)"
    for report in reports:
        yield from _rows(report, several=len(reports) > 1)
    yield from _about(facts)


def _rows(report: ModelReport, *, several: bool) -> Iterator[str]:
    yield ""
    yield "## All rows" + (f": {report.model}" if several else "")
    yield ""
    yield "| set | line | heard | n | right, % | interval | the very words, % | word error, % | CPU s per s |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in report.results:
        low, high = row.right.interval
        rejects = row.set.endswith("outside")
        error = "" if rejects else f"{100 * row.word_error[0]:.1f}"
        yield (
            f"| {row.set} | {row.condition} | {row.mode} | {row.right.n} | {100 * row.right.value:.1f} "
            f"| {100 * low:.1f}–{100 * high:.1f} | {100 * row.exact.value:.1f} | {error} "
            f"| {row.real_time_factor:.3f} |"
        )
    yield ""
    yield "### Real people, by person" + (f": {report.model}" if several else "")
    yield ""
    yield "| set | line | heard | person | right of n |"
    yield "| --- | --- | --- | --- | --- |"
    for row in report.results:
        if row.set.startswith("human"):
            for voice, share in sorted(row.by_voice.items()):
                yield f"| {row.set} | {row.condition} | {row.mode} | {voice} | {share.right} of {share.n} |"
    yield ""
    yield "### What was taken for what" + (f": {report.model}" if several else "")
    yield ""
    for who, pairs in report.confusions.items():
        told = ", ".join(f"{said or '—'} → {heard or '—'} ({count})" for said, heard, count in pairs)
        if told:
            yield f"- {who}: {told}"


def _about(facts: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "## What was listened to"
    yield ""
    yield from (f"- `{name}`: {about}" for name, about in _ABOUT_SETS.items())
    yield ""
    yield "Lines:"
    yield ""
    yield from (f"- `{condition.name}`: {condition.about}" for condition in CONDITIONS)
    yield ""
    yield (
        "The noise ratio is that of the speech's own level (pauses left out) to the noise within 300–3400 Hz; the "
        "noise falls with frequency as 1/f^0.5 … 1/f² (halls, streets, cars). It lies around the speech, too, for the "
        "gate to hear."
    )
    yield ""
    yield (
        "Held-out voices are RHVoice's Russian voices under non-commercial licences; they are the same family of "
        "synthesiser as some of the training voices, so these figures are optimistic. Real people count most:"
    )
    yield ""
    yield from (f"- `{name}`: {speaker.about}" for name, speaker in SPEAKERS.items())
    yield ""
    yield (
        f"Packages: {', '.join(sorted(facts['packages'].values()))}. Left out: single letters and syllables, prompts "
        "that may contain a yes or no, a file named for «две» that sounds like «два», the recordings of festvox-ru "
        "(that voice may be trained on), game voices whose words nobody wrote down. Spliced strings lack the natural "
        "joining of sounds, and the strings of one person share the same ten recordings: they are not independent."
    )


def _against(row: Result | None, least: float) -> str:
    if row is None:
        return ""
    low, high = row.right.interval
    told = f"{100 * row.right.value:.1f} ({100 * low:.1f}–{100 * high:.1f}), n = {row.right.n}: "
    return told + ("yes" if row.right.value >= least else "**no**")


# ---- plots ----------------------------------------------------------------------------------------------------------


def _plot_sets(reports: Sequence[ModelReport], path: Path) -> None:
    drawing, axis = pyplot.subplots(figsize=(9, 3.8))
    width = 0.8 / len(reports)
    for number, report in enumerate(reports):
        rows = [(report.result(name, "clean") or report.result(name, "clean", "free")) for name in _SETS]
        _bars(axis, [place + number * width for place in range(len(_SETS))], rows, width, report.model)
    for target in TARGETS:
        if target.condition == "clean" and target.set in _SETS:
            start = _SETS.index(target.set) - width / 2
            axis.hlines(100 * target.share, start - 0.05, start + 0.85, color="black", linestyle="--", linewidth=1)
    axis.set_xticks([place + 0.4 - width / 2 for place in range(len(_SETS))], _SETS)
    _finish(drawing, axis, "held-out voices, clean A-law (dashed: targets)", path)


def _plot_lines(reports: Sequence[ModelReport], path: Path) -> None:
    names = [condition.name for condition in CONDITIONS]
    drawing, axes = pyplot.subplots(1, 2, figsize=(11, 3.8))
    for axis, sets, title in (
        (axes[0], ("yes_no", "command", "card", ALL), "held-out voices, phrase lists"),
        (axes[1], ("human_number", "human_spliced", "human_spliced_slow"), "real people, phrase lists"),
    ):
        for report in reports:
            for name in sets:
                points = [(place, report.result(name, line)) for place, line in enumerate(names)]
                known = [(place, row) for place, row in points if row is not None]
                label = name if len(reports) == 1 else f"{name}, {report.model}"
                values = [100 * row.right.value for _, row in known]
                axis.plot([place for place, _ in known], values, marker="o", label=label)
        for target in TARGETS:
            if target.set == ALL and sets[0] == "yes_no":
                place = names.index(target.condition)
                axis.hlines(100 * target.share, place - 0.3, place + 0.3, color="black", linestyle="--", linewidth=1)
        axis.set_xticks(range(len(names)), names, rotation=20)
        axis.legend(fontsize=7)
        _finish(drawing, axis, title, path)


def _plot_people(reports: Sequence[ModelReport], path: Path) -> None:
    keys = [
        (name, voice)
        for name in ("human_number", "human_spliced", "human_spliced_slow", "human_outside")
        for voice in SPEAKERS
        if any((row := report.result(name, "clean")) is not None and voice in row.by_voice for report in reports)
    ]
    drawing, axis = pyplot.subplots(figsize=(11, 4.2))
    width = 0.8 / len(reports)
    for number, report in enumerate(reports):
        rows = [(report.result(name, "clean"), voice) for name, voice in keys]
        shares = [row.by_voice.get(voice) if row is not None else None for row, voice in rows]
        places = [place + number * width for place in range(len(keys))]
        values = [100 * share.value if share is not None else 0.0 for share in shares]
        axis.bar(places, values, width, label=report.model)
    axis.axhline(98, color="black", linestyle="--", linewidth=1)
    axis.set_xticks(range(len(keys)), [f"{name}\n{voice}" for name, voice in keys], rotation=30, fontsize=7)
    _finish(drawing, axis, "real people, by person, clean A-law", path)


def _bars(axis: Any, places: list[float], rows: list[Result | None], width: float, label: str) -> None:
    values = [100 * row.right.value if row is not None else 0.0 for row in rows]
    intervals = [row.right.interval if row is not None else (0.0, 0.0) for row in rows]
    below = [max(0.0, value - 100 * low) for value, (low, _) in zip(values, intervals, strict=True)]
    above = [max(0.0, 100 * high - value) for value, (_, high) in zip(values, intervals, strict=True)]
    axis.bar(places, values, width, yerr=[below, above], capsize=2, label=label)


def _finish(drawing: Any, axis: Any, title: str, path: Path) -> None:
    axis.set_title(title, fontsize=10)
    axis.set_ylabel("understood right, %")
    axis.set_ylim(0, 102)
    axis.grid(axis="y", alpha=0.3)
    if len(axis.get_legend_handles_labels()[1]) > 1:
        axis.legend(fontsize=7, loc="lower left")
    drawing.tight_layout()
    drawing.savefig(path, dpi=100)
