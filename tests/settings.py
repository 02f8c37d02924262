"""The product's own settings, with the environment of a test run: no .env, fresh secrets, throw-away folders.

The first process of a run (a plain run, or the controller of several workers) chooses all this and leaves it
in the environment, which the workers inherit. The server's address is known before it runs; tests/cluster.py
starts it.
"""

import os

from hekou.keys import fresh_keys
from tests import cluster

if cluster.is_first_process():
    os.environ.update(
        fresh_keys(),
        ENV_FILE=os.devnull,
        DATABASE_URL=cluster.database_url(),
        DEBUG="false",
        ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
        CSRF_TRUSTED_ORIGINS="",
        SECURE_COOKIES="false",
        BEHIND_PROXY="false",
        TRUSTED_PROXIES="0",
        MAP_TILE_URL="",
        MAP_TILE_ORIGINS="",
        # Names without a hash need no collectstatic before the tests.
        STATICFILES_BACKEND="django.contrib.staticfiles.storage.StaticFilesStorage",
        STATIC_ROOT=cluster.folder("static"),
        MEDIA_ROOT=cluster.folder("media"),
        LOG_LEVEL="ERROR",
    )

from hekou.settings import *  # noqa: F403

# Argon2 is slow on purpose, and hundreds of tests log somebody in.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]  # noqa: F405
