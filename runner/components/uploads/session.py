"""An upload in pieces, within a session that the partner opens for it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from runner.components.block import Name, refusal
from runner.components.uploads.base import Append, Finish, Heard, Start, Turn, Upload, Walk
from runner.errors import ResyncNeeded, UnexpectedResponse

MOST_SETBACKS = 20


class UploadSession(Upload):
    """Small files by the action itself; larger ones in pieces, within a session.

        input: {file: {type: file}, path: {title: Where to}}
        bytes: "{{ input.file }}"
        upload:
          type: session
          file: file
          whole_up_to: 8388608
          chunk: 4194304
          start: start_upload        # its result `id` is the session
          append: append_upload
          finish: finish_upload      # the action's own `result` reads its answer

    Each of the three is given `session`, `offset`, `last` and `piece` (of `type: file`), and the action's own input, as
    far as it declares them. An `offset` in a result of `append` or `finish` is where the partner wants to go on. Where
    a session is gone, let `errors` say `do: full_resync`: the upload then begins anew. What the partner has confirmed
    is remembered, so an upload that broke off goes on where it was, unless the file is another one by then.
    """

    example: ClassVar[str] = (
        "{type: session, file: file, whole_up_to: 8388608, chunk: 4194304, start: start_upload, append: append_upload, "
        "finish: finish_upload}"
    )
    type: Literal["session"] = Field(description="In pieces, within a session.")
    whole_up_to: int = Field(ge=0, description="Files up to so many bytes are sent by the action itself.")
    chunk: int = Field(ge=1, le=64_000_000, description="How many bytes a piece has; they are held in memory.")
    at_once: int = Field(
        1, ge=1, le=16, description="How many pieces are sent at the same time, where the partner takes that."
    )
    start: Name = Field(description="The action that opens a session; its result `id` is the session.")
    append: Name = Field(description="The action that sends one piece.")
    finish: Name = Field(description="The action that makes a file of what was sent.")

    @model_validator(mode="after")
    def _blocks_fit(self) -> UploadSession:
        if self.checksum is not None and self.chunk % self.checksum.block:
            raise refusal(
                "a piece must hold whole blocks of the checksum", f"make `chunk` a multiple of {self.checksum.block}"
            )
        return self

    @property
    def actions(self) -> dict[str, str]:
        return {"start": self.start, "append": self.append, "finish": self.finish}

    def takes_whole(self, size: int) -> bool:
        return size <= self.whole_up_to or not size

    def walk(self, size: int, session: str | None = None, confirmed: int = 0) -> Walk:
        if session is None:
            yield Turn((Start(),), 0)
            confirmed = 0
        for _ in range(MOST_SETBACKS):
            setback = False
            while confirmed < size and not setback:
                steps = self._next(confirmed, size)
                heard = yield Turn(steps, confirmed)
                confirmed = self._confirmed(steps, heard)
                setback = confirmed < steps[-1].end
            if setback:
                continue
            (last,) = yield Turn((Finish(size),), confirmed)
            if last.offset is None:
                return
            confirmed = self._back_to(min(last.offset, size))
        raise UnexpectedResponse("the partner wants the same pieces of a file again and again")

    def _next(self, confirmed: int, size: int) -> tuple[Append, ...]:
        """The next pieces; the last of all goes alone, since it closes the session."""
        offsets = range(confirmed, size, self.chunk)[: self.at_once]
        steps = tuple(Append(at, min(self.chunk, size - at), at + self.chunk >= size) for at in offsets)
        return steps[:-1] if len(steps) > 1 and steps[-1].last else steps

    def _confirmed(self, steps: tuple[Append, ...], heard: tuple[Heard, ...]) -> int:
        """How far the partner has all bytes: an earlier try may have arrived, or less than we thought."""
        for step, told in zip(steps, heard, strict=True):
            if told.offset is not None and told.offset < step.end:
                return self._back_to(told.offset)
        return steps[-1].end

    def _back_to(self, offset: int) -> int:
        if offset % self.chunk:
            raise ResyncNeeded(f"the partner has {offset} bytes of a file, which is no whole number of pieces")
        return offset
