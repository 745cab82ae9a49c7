import threading

from fftui.runs.run_requests import RunRequests

PATIENCE_S = 30.0


def test_a_pause_is_over_once_the_run_goes_on_or_stops() -> None:
    requests = RunRequests()
    requests.pause()
    assert requests.paused
    assert not requests.wait_in_pause(0.0)
    requests.resume()
    assert requests.wait_in_pause(PATIENCE_S)
    requests.pause()
    requests.stop()
    assert requests.wait_in_pause(PATIENCE_S)


def test_a_checkpoint_ends_the_waiting_and_not_the_pause() -> None:
    requests = RunRequests()
    requests.pause()
    requests.save()
    assert not requests.wait_in_pause(PATIENCE_S)
    assert requests.checkpoint
    requests.saving()
    assert not requests.checkpoint
    assert requests.paused


def test_who_waits_is_woken_by_a_request_of_another_thread() -> None:
    requests = RunRequests()
    threading.Timer(0.05, requests.stop).start()
    requests.wait_for_stop(PATIENCE_S)
    assert requests.stopped
