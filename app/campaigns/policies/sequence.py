"""What a change of the sequence means for leads that are in the middle of it."""

from collections.abc import Sequence


def next_positions(old: Sequence[int], new: Sequence[int]) -> dict[int, int]:
    """New position of the next step for each old one, after steps were added, moved or removed.

    `old` and `new` are step ids in order. A lead whose next position was p has been sent every
    step before p; whatever it was sent stays behind it, so nothing is ever sent twice.
    """
    place = {step_id: position for position, step_id in enumerate(new, start=1)}
    result: dict[int, int] = {}
    highest = 0
    for position in range(1, len(old) + 2):
        if position > 1:
            highest = max(highest, place.get(old[position - 2], 0))
        result[position] = highest + 1
    return result


def reply_subject(subject: str) -> str:
    """'Re: …' once, however often the thread is answered."""
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def moved(order: Sequence[int], step_id: int, to: int) -> list[int]:
    """The order with one step at another place (1 is the first); out of range goes to an end."""
    rest = [other for other in order if other != step_id]
    place = max(0, min(to - 1, len(rest)))
    return [*rest[:place], step_id, *rest[place:]]
