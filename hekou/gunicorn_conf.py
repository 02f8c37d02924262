"""gunicorn as the demo, the bench and production run it: `gunicorn -c hekou/gunicorn_conf.py hekou.wsgi`."""

import gc
import os

_host = os.environ.get("BIND", "127.0.0.1")
bind = (
    f"[{_host}]:{os.environ.get('PORT', '8000')}"
    if ":" in _host
    else f"{_host}:{os.environ.get('PORT', '8000')}"
)

# Threads, because one phone on a village's weak signal must not hold a whole process.
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# The code is loaded once and shared by the workers: less memory, and a broken start ends at once.
preload_app = True

timeout = 60  # Six photos on a slow line.
graceful_timeout = 10
keepalive = 5
# A worker proves that it lives by touching a file; on a disk that is busy it could be taken for dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108

loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "info")
# Addresses of pages name people's records; the proxy in front logs what an operator needs.
accesslog = None
# A second way in that nobody here uses.
control_socket_disable = True


def when_ready(server: object) -> None:
    """Before the workers are forked: what was loaded lives as long as the server.

    The collector looks at it no more, so its pages stay shared between workers; and a page of fifty rows makes so many
    objects that looking after every seven hundred cost a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
