"""How fast, how dear and how safe publishing is: P1 to P10, against a floor, a naive design and stand-ins for other programs' rules.

    .venv/bin/python -m benchmarks.publishing            all of it
    .venv/bin/python -m benchmarks.publishing P3 P5 --rounds 5

It starts a PostgreSQL and a Redis of its own, a stub network that judges by what it receives, and the product's own commands; nothing
leaves the machine, and nothing stays behind.
"""
