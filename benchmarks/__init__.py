"""What the figures come from. Start the product (`UNDO_SECONDS=0 python3 run.py --data DIR`), then run one of these beside it.

Some need no running product and start their own: `benchmarks.publishing` (docs/performance.md).
"""
