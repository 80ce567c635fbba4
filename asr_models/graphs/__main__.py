"""Write `lexicon.tsv`, the bundled lexicon in phones, from the spellings kept by hand in `spoken.tsv`."""

from __future__ import annotations

from asr_models.graphs.lexicon import BUNDLED_LEXICON
from asr_models.graphs.pronunciation import read_spoken_forms

if __name__ == "__main__":
    BUNDLED_LEXICON.write_text(read_spoken_forms().as_text(), encoding="utf-8")
