"""
Notes on Jobber's jobs: written by a mutation, with files that Jobber fetches from their addresses.

Source: public notes of the live schema's introspection (2026). What a note must hold, and the words of `userErrors`,
are this module's choice; nothing is fetched here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from runner.authoring.simulate.jobber_data import gid
from runner.authoring.simulate.table import Row, Table

Given = Sequence[Mapping[str, str | None]]

SDL = """
input NoteAttachmentAttributes { url: String, signedBlobId: EncodedId }
input JobCreateNoteInput { message: String, pinned: Boolean, attachments: [NoteAttachmentAttributes!] }
interface NoteInterface { id: EncodedId!, message: String!, pinned: Boolean!, createdAt: ISO8601DateTime! }
type JobNote implements NoteInterface {
  id: EncodedId!, message: String!, pinned: Boolean!, createdAt: ISO8601DateTime!
}
union JobNoteUnion = JobNote
type JobCreateNotePayload { job: Job, jobNote: JobNote, userErrors: [MutationErrors!]! }
type JobNoteAddAttachmentPayload { jobNote: JobNote, userErrors: [MutationErrors!]! }
"""
MUTATIONS = """
  jobCreateNote(jobId: EncodedId!, input: JobCreateNoteInput!): JobCreateNotePayload!
  jobNoteAddAttachment(
    jobId: EncodedId!, noteId: EncodedId!, noteAddAttachmentAttributes: [NoteAttachmentAttributes!]!
  ): JobNoteAddAttachmentPayload!
"""


class JobNotes:
    """The notes of all jobs, each with the addresses of its files.

    Args:
        jobs: what notes are about.
        stamp: the time, as the partner writes it.
    """

    def __init__(self, jobs: Table, stamp: Callable[[], str]) -> None:
        self._jobs = jobs
        self._stamp = stamp
        self.of: defaultdict[str, list[Row]] = defaultdict(list)

    def create(self, _: object, __: GraphQLResolveInfo[Any], jobId: str, input: Row) -> Row:  # noqa: A002, N803  # the schema's arguments
        """`jobCreateNote`: the same text twice makes two notes."""
        files, message = input.get("attachments") or [], input.get("message") or ""
        if self._jobs.get(jobId) is None:
            return refused("Job not found", "jobId")
        if not message.strip() and not files:
            return refused("Message can't be blank", "input", "message")
        if flaw := _flaw(files):
            return refused(flaw, "input", "attachments")
        number = sum(len(notes) for notes in self.of.values()) + 1
        made: Row = {"id": gid("JobNote", number), "message": message, "pinned": bool(input.get("pinned"))}
        made |= {"createdAt": self._stamp(), "files": [file["url"] for file in files]}
        self.of[jobId].append(made)
        return {"job": self._jobs.get(jobId), "jobNote": made, "userErrors": []}

    def attach(
        self,
        _: object,
        __: GraphQLResolveInfo[Any],
        jobId: str,  # noqa: N803  # the schema's argument
        noteId: str,  # noqa: N803  # the schema's argument
        noteAddAttachmentAttributes: Given,  # noqa: N803  # the schema's argument
    ) -> Row:
        """`jobNoteAddAttachment`."""
        note = next((one for one in self.of[jobId] if one["id"] == noteId), None)
        if note is None:
            return refused("Note not found", "noteId")
        if flaw := _flaw(noteAddAttachmentAttributes):
            return refused(flaw, "noteAddAttachmentAttributes")
        note["files"].extend(file["url"] for file in noteAddAttachmentAttributes)
        return {"jobNote": note, "userErrors": []}


def refused(message: str, *path: str) -> Row:
    """A mutation that was not done: no error of GraphQL, and the status is 200."""
    return {"job": None, "jobNote": None, "userErrors": [{"message": message, "path": list(path)}]}


def _flaw(files: Given) -> str | None:
    addressed = all((file.get("url") or "").startswith(("http://", "https://")) for file in files)
    return None if addressed else "Attachment url is invalid"
