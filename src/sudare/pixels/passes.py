"""
What waits to be sent, and what of it is next.

Damage is worked off in passes. Damage noted during a pass waits for the next one, so a small area that changes now and
then cannot keep a large one from ever being sent. Areas that move (a video) have passes of their own, and whatever else
is noted goes before the rest of those. Such a pass is sent as it was when it began: what a slow line shows is a picture
that once was, and the next scroll can be found in it. What a person waits for goes ahead of both. Areas shown lossy are
refined when nothing else waits, and in turn with what moves.
INVARIANT: a tile that was noted is noted or in a pass until it was found equal or sent.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from sudare.pixels import cost, frames, moves, plan, scroll, tiles
from sudare.pixels.film import BEGINS, ENDS, Film, Films
from sudare.pixels.frames import Frame, Mask, cell, cover, mask
from sudare.pixels.heat import Heat
from sudare.pixels.lossy import Lossy
from sudare.pixels.ops import Box, Copy, Move
from sudare.pixels.plan import Point

MOVES_MAX: Final = 32  # more hints than this between two looks are not worth trying
REFINED: Final = 24  # tiles refined before looking again for something better to do


@dataclass(eq=False, slots=True)
class Pass:
    """Boxes as found when their pass began; pixels as they are when sent, or of `still`."""

    boxes: deque[Box] = field(default_factory=deque)
    still: Frame | None = None
    ramping: bool = False  # in ramp pixels first
    estimate: int = 0  # bytes it would take in exact pixels; only known when it may matter
    moving: bool = False  # of what changes all the time
    refining: bool = False  # of what is shown already: every unit of it may be shown alone

    def leave(self, touched: Mask) -> None:
        """These tiles are looked at anew."""
        self.boxes = deque(box for box in self.boxes if not touched[cell(box)])


class Passes:
    """The damage of one framebuffer; `shadow` is what the client shows, `lossy` what of that is not exact."""

    def __init__(self, shadow: Frame, lossy: Lossy, films: Films) -> None:
        height, width = shadow.shape[:2]
        self.films = films
        self._shadow = shadow
        self._lossy = lossy
        self._heat = Heat(width, height)
        self._moves: list[Move] = []
        self._noted: Mask = mask(width, height, 1)
        self._fresh: Mask = mask(width, height)  # noted since an answer was expected or last looked for
        self._ahead, self._queue, self._moving = Pass(), Pass(), Pass()
        self._film_had_its_turn = False
        self.scrolled = False  # in the newest pass

    def note(self, rects: Sequence[Box], copies: Sequence[Move], now: float) -> None:
        """Damage; what lies outside the frame is cut off. What is the film's alone only counts as movement."""
        height, width = self._shadow.shape[:2]
        film = self.films.film
        others = self.films.others(rects, now)
        touched = frames.touched(width, height, (*others, *moves.targets(copies)))
        self._noted |= touched
        self._fresh |= touched
        self._heat.touch(touched if film is None else touched | frames.touched(width, height, rects), now)
        self._moves = [*self._moves, *(move for move in copies if moves.fits(move, width, height))]

    def direct(self, frame: Frame, now: float) -> None:
        """Films begin and end. A film that begins takes its tiles along; the box of one that ends is damage."""
        if (over := self.films.film) is not None and self.films.end(self._heat.above(ENDS), now):
            cover(self._noted, over.box)
        elif self.films.begin(frame, self._shadow, self._heat.above(BEGINS), now):
            taken = self._blank()
            for part in self.films.parts:
                taken[cell(part)] = 1
            for waiting in (self._ahead, self._queue, self._moving):
                waiting.leave(taken)
            self._noted |= taken  # what of a tile lies beside the film is looked at once more

    def covered(self, film: Film) -> bool:
        """Whether nothing of a film that is over waits any longer."""
        box = frames.touched(self._shadow.shape[1], self._shadow.shape[0], [film.box])
        if (self._noted & box).any():
            return False
        return not any(box[cell(one)] for waiting in (self._ahead, self._queue, self._moving) for one in waiting.boxes)

    def expect_answer(self) -> None:
        """Somebody just did something: what was noted before is no answer to it."""
        self._fresh = self._blank()

    @property
    def waiting(self) -> bool:
        """Whether damage waits; it may turn out to be none."""
        return bool(self._moves or self._ahead.boxes or self._queue.boxes or self._moving.boxes or self._noted.any())

    def next(self, frame: Frame, near: Point | None, crisp: int | None) -> tuple[list[Copy], Pass]:
        """Copies to be made first, and the pass to send of; one that takes more than `crisp` bytes is ramping."""
        copies = self._hints(frame)
        self._set_moving_aside()
        if not self._queue.boxes and not self._ahead.boxes:
            copies += self._begin(frame, near, crisp)
        chosen = self._choose(near)
        chosen.ramping = chosen.ramping and crisp is not None and chosen.estimate > crisp
        return copies, chosen

    def spent(self, frame: Frame, chosen: Pass) -> None:
        """A unit of this pass was sent; when what moves did not fit into it, the rest stays as it is now."""
        if chosen is self._moving and chosen.boxes and chosen.still is None:
            chosen.still = frame.copy()

    def answer(self, frame: Frame, near: Point | None) -> tuple[list[Copy], Pass]:
        """Only what a person who just did something waits for: fresh, small or close to `near`, nothing that moves."""
        copies = self._hints(frame)
        return copies + self._overtake(frame, near), self._ahead

    def _hints(self, frame: Frame) -> list[Copy]:
        """Copies of the source that help. What was found before is looked at anew: most of it came with the copy."""
        hints, self._moves = self._moves, []
        if not hints:
            return []
        for waiting in (self._ahead, self._queue, self._moving):
            for box in waiting.boxes:
                cover(self._noted, box)
            waiting.boxes.clear()
        return moves.settle(self._shadow, frame, hints) if len(hints) <= MOVES_MAX else []

    def _set_moving_aside(self) -> None:
        """What began to move since its pass began waits for a pass of what moves."""
        hot = self._heat.hot
        if self._queue.boxes and hot.any():
            for box in self._queue.boxes:
                if hot[cell(box)]:
                    cover(self._noted, box)
            self._queue.leave(hot)

    def _begin(self, frame: Frame, near: Point | None, crisp: int | None) -> list[Copy]:
        """What differs now, in order of sending; what moves only when there is nothing else."""
        hot = self._heat.hot
        touched, self._noted, self._fresh = self._noted & (1 - hot), self._noted & hot, self._blank()
        copies, found = self._find(frame, touched)
        self.scrolled = bool(copies)
        self._queue = _judged(frame, plan.in_order(found, near), crisp)
        if self._queue.boxes or self._moving.boxes:
            return copies
        touched, self._noted = self._noted, self._blank()
        more, found = self._find(frame, touched)
        self._moving = _judged(frame, plan.in_order(found, near), crisp)
        self._moving.moving = True
        return copies + more

    def _overtake(self, frame: Frame, near: Point | None) -> list[Copy]:
        """Fresh damage that answers the person goes to the front; the rest of it waits for its pass."""
        touched, self._fresh = self._fresh & (1 - self._heat.hot), self._blank()
        if not touched.any():
            return []
        self._noted &= 1 - touched
        copies, found = self._find(frame, touched)
        ahead, behind = plan.overtaking(found, near)
        for box in behind:
            cover(self._noted, box)
        self._ahead.boxes.extendleft(reversed(ahead))
        return copies

    def _find(self, frame: Frame, touched: Mask) -> tuple[list[Copy], list[Box]]:
        """What differs in these tiles, found before or not; a scroll without a hint becomes a COPY first."""
        found = self._differing(frame, touched)
        move = scroll.guess(frame, self._shadow, found)
        copies = moves.settle(self._shadow, frame, [move]) if move else []
        for op in copies:
            cover(touched, (op.dx, op.dy, op.w, op.h))
        if copies:
            found = self._differing(frame, touched)
        for waiting in (self._ahead, self._queue, self._moving):
            waiting.leave(touched)
        return copies, found

    def _differing(self, frame: Frame, touched: Mask) -> list[Box]:
        """Where the client shows something else; what the film shows there is not looked at."""
        behind = [(part, tiles.pack(self._shadow, part)) for part in self.films.parts if touched[cell(part)]]
        for part, _ in behind:
            tiles.apply(self._shadow, part, tiles.pack(frame, part))
        found = tiles.diff(frame, self._shadow, touched)
        for part, pixels in behind:
            tiles.apply(self._shadow, part, pixels)
        return found

    def _blank(self) -> Mask:
        height, width = self._shadow.shape[:2]
        return mask(width, height)

    def _choose(self, near: Point | None) -> Pass:
        if self._ahead.boxes or self._queue.boxes:
            return self._ahead if self._ahead.boxes else self._queue
        self._film_had_its_turn = bool(self._moving.boxes) and not self._film_had_its_turn
        if self._film_had_its_turn:
            return self._moving
        busy = self._heat.hot if self._moving.boxes or self.films.film is not None else self._blank()
        for part in self.films.parts:
            busy[cell(part)] = 1
        at_rest = (box for box in self._lossy.in_order(near) if not busy[cell(box)])
        refining = Pass(deque(islice(at_rest, REFINED)), refining=True)
        return refining if refining.boxes else self._moving


def _judged(frame: Frame, found: list[Box], crisp: int | None) -> Pass:
    # Exact pixels never take more bytes than there are, so most passes need no guess.
    if crisp is None or sum(w * h * 3 for _, _, w, h in found) <= crisp:
        return Pass(deque(found))
    estimate = cost.estimate(frame, found)
    return Pass(deque(found), ramping=estimate > crisp, estimate=estimate)
