"""What the same stack costs when it does next to nothing: the measure that the product's pages are held against."""

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

TABLE = """
CREATE TABLE bench_row (
    id bigserial PRIMARY KEY, owner bigint NOT NULL, words text NOT NULL, made_at timestamptz NOT NULL
);
CREATE INDEX bench_row_by_owner ON bench_row (owner, id DESC);
INSERT INTO bench_row (owner, words, made_at)
    SELECT n % 1000, 'row ' || n, now() FROM generate_series(1, 200000) n;
GRANT SELECT, INSERT ON bench_row TO hekou_app;
GRANT USAGE ON bench_row_id_seq TO hekou_app;
"""


def constant(request):
    """(a) a constant page behind the whole middleware."""
    return HttpResponse("<!doctype html><title>constant</title>")


def insert(request):
    """(b) one row inserted and a redirect."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_row (owner, words, made_at) VALUES (%s, %s, %s)",
            [request.user.pk, "inserted", timezone.now()],
        )
    return redirect("/bench/constant/")


def rows(request):
    """(c) 50 rows by index through a plain template."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, words, made_at FROM bench_row WHERE owner = 7 ORDER BY id DESC LIMIT 50")
        return render(request, "bench_rows.html", {"rows": cursor.fetchall()})


class CountQueries:
    """Says in `X-Queries` how many statements the answer took, sessions and the user included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        count = 0

        def counting(execute, sql, params, many, context):
            nonlocal count
            count += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counting):
            response = self.get_response(request)
        response["X-Queries"] = str(count)
        return response
