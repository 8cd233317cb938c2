"""News of jobs: told as lists, and told completely to whoever flushes."""

import threading

from DICOMLib.compat.job_news import PER_TICK, JobNews


def test_news_come_as_lists_in_the_order_of_their_names():
    told = []
    news = JobNews(lambda name, details: told.append((name, details)), ["progress", "finished"])
    news.add("finished", "one")
    for number in range(PER_TICK + 1):
        news.add("progress", number)

    news.flush()

    assert told == [
        ("progress", [*range(PER_TICK)]),
        ("finished", ["one"]),
        ("progress", [PER_TICK]),
    ]


def test_who_flushes_finds_told_what_another_thread_was_telling():
    begun, may_go_on, told = threading.Event(), threading.Event(), []

    def tell(name, details):
        begun.set()
        assert may_go_on.wait(30)
        told.extend(details)

    news = JobNews(tell, ["finished"])
    news.add("finished", "one")
    assert begun.wait(30)
    flushing = threading.Thread(target=news.flush)
    flushing.start()
    flushing.join(0.2)
    assert flushing.is_alive()

    may_go_on.set()
    flushing.join(30)

    assert told == ["one"]
