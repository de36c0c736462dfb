"""Short waits for broken things. Their order is the product's own: a look comes after every request that may have been under way."""

from app.sharing.pace import Pace

READ_SECONDS, CONNECT_SECONDS = 5.0, 2.0
# How long to wait for a network that says "too many" and not until when.
USUAL_WAIT = 2.0
HASTE = Pace(
    leased=4,
    uploading=8,
    sending=9,
    awake=1.5,
    leaves=3.5,
    looks=(11, 13, 17),
    later_looks=3,
    most_looks=10_000,
    back_off=(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3),
    slots=32,
    slots_of_one_network=32,
    patience=6,
    round=20,
)
