"""Hours of everything breaking at once, counted at the practice network.

    .venv/bin/python -m benchmarks.storm [--minutes 10] [--seed S] [--shares 2000] [--stall 30] [--broker rabbitmq]

Each round is a storm of shares over five minutes, in which workers are killed, the database stalls, Redis forgets, clocks step, the
network lies and people change their minds, at random under the seed, everything at least once; then both nights with another hour.
Ends with 1 when a post was made twice, lost or not told.
"""

import argparse
import contextlib
import secrets
import sys
import time
from collections import Counter

from tests.faults import rabbitmq, random_storm
from tests.faults.ground import Ground
from tests.faults.random_storm import Story
from tests.faults.storm import move_in

ROUND = 300.0


def main() -> int:
    """Break, count, print; 0 when all counts are right."""
    wanted = _arguments()
    print(f"seed {wanted.seed}")
    end, stories, seed = time.monotonic() + wanted.minutes * 60, list[Story](), wanted.seed
    with Ground() as ground, contextlib.ExitStack() as stack:
        move_in(ground)
        ground.full_crew()
        broker = stack.enter_context(rabbitmq.instead_of_redis(ground)) if wanted.broker == "rabbitmq" else None
        while not stories or time.monotonic() < end:
            story = random_storm.run(ground, seed=seed, count=wanted.shares, over=ROUND, longest=wanted.stall, broker=broker)
            stories.append(story)
            print(story, flush=True)
            seed += 1
    return _sum(stories)


def _sum(stories: list[Story]) -> int:
    verdicts = [story.verdict for story in stories]
    struck, ends = Counter[str](), Counter[str]()
    for story in stories:
        struck += story.struck
        ends += story.ends
    doubled, lost, wrong = (sum(len(getattr(one, name)) for one in verdicts) for name in ("doubled", "lost", "wrong"))
    shares, posts = sum(one.shares for one in verdicts), sum(one.posts for one in verdicts)
    print(f"{len(stories)} storms, {shares} shares, {posts} posts, {doubled} doubled, {lost} lost, {wrong} otherwise wrong")
    for name, count in sorted((struck + ends).items()):
        print(f"  {name}: {count}")
    return 1 if doubled or lost or wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="no round begins after them")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--shares", type=int, default=2000, help="in each round")
    parser.add_argument("--stall", type=float, default=30, help="the longest stall, in seconds")
    parser.add_argument("--broker", choices=("redis", "rabbitmq"), default="redis", help="RabbitMQ has to be installed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
