"""The cache of public reads: every key, its lifetime, and what invalidates it.

An entry is an answer's bytes under the tags that it depends on. It counts only while each tag has the version that it
had before the answer was computed; none is stored while a tag is marked. A write (see the triggers of migration 0005):
    1. notes its tags in an outbox, in its transaction, and tells them to its process;
    2. marks them and gives them new versions, before it commits: no entry under them counts any more, and none is stored;
    3. commits;
    4. gives them new versions again and takes its marks away: what was computed before the commit is never stored.
A process that dies between 3 and 4 leaves its marks, and its rows in the
outbox: the worker then does 4 (`settle`). So nothing stale is answered while Redis answers; without Redis everything is
computed, and an entry that it kept over an outage ends with its lifetime.

Keys (after the prefix): `e:` an entry, `l:` who fills it, `v:` a tag's version, `d:` the transactions that marked it, `b:` a
transaction whose versions are given, `index` all entries by their end, `counts`.
"""

from catalog.cache.entries import Fill, Hit, counts, look, release, store
from catalog.cache.questions import Question, question_of
from catalog.cache.touches import Touches, clear, settle

__all__ = [
    "Fill",
    "Hit",
    "Question",
    "Touches",
    "clear",
    "counts",
    "look",
    "question_of",
    "release",
    "settle",
    "store",
]
