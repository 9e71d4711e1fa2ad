"""The cache of public reads: every key, its lifetime, and what invalidates it.

An entry holds the bytes of an answer, under the tags that it depends on. It is valid only while each tag has the version
that it had before the answer was computed, and it is not stored while a tag is marked. A write (see the triggers of
migration 0005):
    1. in its transaction, inserts its tags into an outbox and reports them to its process;
    2. before it commits, marks the tags and gives them new versions: entries under them become invalid, none is stored;
    3. commits;
    4. gives them new versions again and removes its marks: an answer computed before the commit is never stored.
A process that dies between 3 and 4 leaves its marks and its outbox rows; the worker then does step 4 (`settle`). So no
stale answer is served while Redis is reachable. Without Redis every answer is computed, and an entry that Redis kept
over an outage expires after its lifetime.

Keys (after the prefix): `e:` an entry, `l:` the process that fills it, `v:` a tag's version, `d:` the transactions that
marked a tag, `b:` a transaction whose tags have their new versions, `index` all entries by expiry, `counts`.
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
