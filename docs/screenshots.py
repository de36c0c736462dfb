"""The README's pictures, taken from the running demo: `.venv/bin/python docs/screenshots.py [address]`.

Start a fresh demo first (`python3 run.py --data DIR`): the script connects accounts and shares, as the people in the pictures would.
"""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.demo.company import PASSWORD, email
from tests.chromium import chromium

PICTURES = Path(__file__).resolve().parent / "pictures"
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--no-sandbox")
PHONE, TALL_PHONE, DESKTOP = (390, 844), (390, 1150), (1280, 860)
HEAVIEST = 150_000
GAP, GROUND = 40, "#e9e6df"
# Clicks by programs are not counted, and a browser without a screen says that it is one.
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Studio:
    """A browser, and the address of the demo."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address

    @contextmanager
    def signed_in(self, who: str, size: tuple[int, int], *, dark: bool = False) -> Iterator[Page]:
        """A page of this person, on a device of this size."""
        context: BrowserContext = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            device_scale_factor=1 if size == DESKTOP else 1.5,
            reduced_motion="reduce",
            base_url=self._address,
        )
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("[name=email]", email(who))
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_load_state()
        yield page
        context.close()


def picture(page: Page) -> Image.Image:
    """What the page shows now, once its pictures are there."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def connect(page: Page, name: str) -> None:
    """Connect this person's account on the practice network, as a person would."""
    page.goto("/accounts")
    page.click("form[action='/accounts/connect/practice'] button")
    page.click("a[href*='/oauth/authorize']")
    page.fill("[name=name]", name)
    page.click("[value=allow]")
    page.wait_for_url("**/accounts*")


def home(studio: Studio) -> Image.Image:
    """The same morning on two phones: Olivia's in English, Birgit's in German and in the dark."""
    with studio.signed_in("olivia", TALL_PHONE) as page:
        connect(page, "Olivia Grant")
        page.goto("/")
        light = picture(page)
    with studio.signed_in("birgit", TALL_PHONE, dark=True) as page:
        connect(page, "Birgit Lorenzen")
        page.goto("/")
        dark = picture(page)
    return side_by_side(light, dark)


def share_first(page: Page) -> str:
    """One click on the first card; returns the short link that it goes out with."""
    page.goto("/")
    link = re.search(r"http\S+/s/\w+", page.locator("article").first.inner_text())
    assert link is not None
    page.locator("form[action$='/shares'] button").first.click()
    page.wait_for_timeout(1500)
    return link[0]


def shares(studio: Studio) -> Image.Image:
    """Emil's time line, after two shares have arrived."""
    with studio.signed_in("emil", PHONE) as page:
        connect(page, "Emil Brandt")
        links = [share_first(page) for _ in range(2)]
        page.wait_for_timeout(14_000)  # the ten seconds of undo, and the worker
        for readers, link in zip((3, 7), links, strict=True):
            for _ in range(readers):
                page.request.get(link, max_redirects=0, headers={"User-Agent": READER})
        page.wait_for_timeout(3_000)  # every click is counted within two seconds
        page.goto("/shares")
        return picture(page)


def guideline(studio: Studio) -> Image.Image:
    """One rule on a phone, in German."""
    with studio.signed_in("birgit", PHONE, dark=True) as page:
        page.goto("/guidelines/G-14")
        return picture(page)


def editor(studio: Studio) -> Image.Image:
    """Edda goes on with what came back."""
    with studio.signed_in("edda", DESKTOP) as page:
        page.goto("/proposals?show=open")
        page.get_by_text("There is a glass of water").first.click()
        page.goto(f"{page.url.removesuffix('/edit')}/edit")
        return picture(page)


def review(studio: Studio) -> Image.Image:
    """Ravi marks a passage and cites a rule."""
    with studio.signed_in("ravi", DESKTOP) as page:
        page.goto("/review")
        page.locator("form[action$='/claim'] button").first.click()
        page.wait_for_load_state()
        page.fill("[name=quote]", "Our castings are the smoothest on the market, guaranteed")
        page.fill("[name=rule]", "G-11")
        page.fill("form[action*='/remarks'] [name=message]", "Which measurement shows it? Then name that one.")
        page.fill("[name=replacement]", "Our castings come out at a roughness of 6 µm")
        page.locator("form[action*='/remarks'] button[type=submit]").last.click()
        page.wait_for_load_state()
        page.goto(page.url.partition("#")[0].partition("?")[0])
        return picture(page)


def health(studio: Studio) -> Image.Image:
    """Ada's page, in the dark."""
    with studio.signed_in("ada", DESKTOP, dark=True) as page:
        page.goto("/admin/health")
        return picture(page)


def side_by_side(*shown: Image.Image) -> Image.Image:
    """Several phones on one ground."""
    width = sum(one.width for one in shown) + GAP * (len(shown) + 1)
    sheet = Image.new("RGB", (width, max(one.height for one in shown) + 2 * GAP), GROUND)
    left = GAP
    for one in shown:
        sheet.paste(one, (left, GAP))
        left += one.width + GAP
    return sheet


def keep(name: str, shown: Image.Image) -> int:
    """Write a picture with as many colours as fit into its weight; returns its bytes."""
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        shown.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= HEAVIEST:
            break
    (PICTURES / f"{name}.png").write_bytes(out.getvalue())
    return out.tell()


def main(address: str) -> None:
    """Take all of them."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        studio = Studio(browser, address)
        for take in (home, editor, review, guideline, shares, health):
            sys.stdout.write(f"{take.__name__}.png: {keep(take.__name__, take(studio)) / 1000:.0f} kB\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
