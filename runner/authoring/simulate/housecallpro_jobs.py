"""
Housecall Pro's endpoints of jobs and estimates.

Source: the vendor's OpenAPI as described in public. The bodies of schedule, dispatch, links and locks are not all
published; what is asked of them here is this simulation's choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runner.authoring.simulate.answers import reply
from runner.authoring.simulate.housecallpro_calls import Calling
from runner.authoring.simulate.housecallpro_data import appointment, key, number, written
from runner.authoring.simulate.housecallpro_errors import invalid, lacking, refusal
from runner.authoring.simulate.housecallpro_lists import expanded, members, ordered, paged, text_of, time_of, work
from runner.authoring.simulate.limits import Gate
from runner.authoring.simulate.table import Row

UNSCHEDULED: Row = {
    "scheduled_start": None,
    "scheduled_end": None,
    "appointments": [],
    "work_status": "needs scheduling",
}


class Jobs:
    """Jobs, and estimates that become jobs."""

    def __init__(self, partner: Calling) -> None:
        self._partner = partner
        self._line_items = Gate(partner.now, partner.options.line_item_limits)
        self.items: defaultdict[str, list[Row]] = defaultdict(list)

    def routes(self) -> Iterable[Route]:
        route, alone, one = self._partner.route, self._partner.partners_only, "/jobs/{id}"
        yield route("GET", "/jobs", self._list)
        yield route("POST", "/jobs", self._create)
        yield route("POST", "/jobs/lock", alone(self._lock_all))
        yield route("GET", one, self._show)
        yield route("GET", f"{one}/appointments", self._appointments)
        yield route("GET", f"{one}/invoices", self._invoices)
        yield route("GET", f"{one}/line_items", self._items)
        yield route("POST", f"{one}/line_items", self._add_item)
        yield route("POST", f"{one}/notes", self._note)
        yield route("POST", f"{one}/tags", self._tag)
        yield route("POST", f"{one}/attachments", self._attach)
        yield route("PUT", f"{one}/schedule", alone(self._schedule))
        yield route("DELETE", f"{one}/schedule", alone(self._unschedule))
        yield route("PUT", f"{one}/dispatch", alone(self._dispatch))
        yield route("POST", f"{one}/links", alone(self._link))
        yield route("POST", f"{one}/lock", alone(self._lock))
        yield route("GET", "/estimates", self._estimates)
        yield route("GET", "/estimates/{id}", alone(self._estimate))

    # Reading

    async def _list(self, request: Request) -> Response:
        rows, expand = work(self._partner.seen("jobs", request), request), expanded(request)
        shapes = self._partner.shapes
        return paged(ordered(rows, request), request, "jobs", lambda row: shapes.job(row, expand))

    def _job(self, request: Request) -> Row:
        row = self._partner.found("jobs", request)
        if row["deleted_at"] and self._partner.options.gone_when_archived:
            raise refusal(410, "Job has been archived")
        return row

    def _shown(self, row: Row, status: int = 200) -> Response:
        return reply(self._partner.shapes.job(row), status)

    async def _show(self, request: Request) -> Response:
        return self._shown(self._job(request))

    async def _appointments(self, request: Request) -> Response:
        return reply({"appointments": self._job(request)["appointments"]})

    async def _invoices(self, request: Request) -> Response:
        row = self._job(request)
        made = {"id": f"invoice_{row['id'][4:]}", "invoice_number": row["invoice_number"], "job_id": row["id"]}
        amounts = {"amount": row["total_amount"], "due_amount": row["outstanding_balance"]}
        return reply({"invoices": [{**made, **amounts}] if row["total_amount"] else []})

    async def _items(self, request: Request) -> Response:
        row = self._job(request)
        item = {"id": f"olit_{row['id'][4:]}", "name": "Work", "unit_price": row["subtotal"], "quantity": 1.0}
        added = self.items[row["id"]]
        worked = row["subtotal"] - sum(int(one["unit_price"] * one["quantity"]) for one in added)
        return reply({"url": request.url.path, "data": [*([item] if worked else []), *added]})

    async def _estimates(self, request: Request) -> Response:
        rows, expand = work(self._partner.seen("estimates", request), request), expanded(request)
        shapes = self._partner.shapes
        return paged(ordered(rows, request), request, "estimates", lambda row: shapes.estimate(row, expand))

    async def _estimate(self, request: Request) -> Response:
        return reply(self._partner.shapes.estimate(self._partner.found("estimates", request)))

    # Writing

    async def _create(self, request: Request) -> Response:
        body = await members(request)
        missing = [name for name in ("customer_id", "address_id") if not body.get(name)]
        if missing:
            raise lacking("Required attributes are missing", missing)
        customer = self._partner.table("customers").get(body["customer_id"])
        if customer is None:
            raise refusal(404, "Customer not found")
        if body["address_id"] not in {place["id"] for place in self._partner.shapes.places(customer["id"])}:
            raise invalid("address_id")
        crew = self._crew(body.get("assigned_employee_ids") or [])
        blank = {"total_amount": 0, "outstanding_balance": 0, "subtotal": 0, "notes": [], "employee_ids": crew}
        own = {
            "customer_id": customer["id"],
            "address_id": body["address_id"],
            "description": body.get("description") or "",
        }
        fields = {**UNSCHEDULED, **blank, **own, **self._times(body.get("schedule"), crew)}
        made = self._partner.add("jobs", **fields, **self._partner.location(request))
        return self._shown(self._partner.table("jobs").row(made), 201)

    def _crew(self, ids: object) -> list[str]:
        known = self._partner.table("employees")
        if not isinstance(ids, list) or any(known.get(one) is None for one in ids):
            raise invalid("assigned_employee_ids")
        return list(ids)

    def _times(self, schedule: object, crew: list[str]) -> Row:
        """What a schedule sets; nothing without one. Raises Refusal."""
        if not isinstance(schedule, dict):
            return {}
        start, end = (time_of(schedule.get(name), name) for name in ("scheduled_start", "scheduled_end"))
        if end < start:
            raise invalid("scheduled_end", "is before the start")
        window = schedule.get("arrival_window") or 0
        one = appointment(key("appt", int(self._partner.dice.mint("appt")[:7], 16) + 10**6), start, end, crew, window)
        times = {"scheduled_start": written(start), "scheduled_end": written(end), "arrival_window": window}
        return {**times, "appointments": [one], "work_status": "scheduled"}

    async def _note(self, request: Request) -> Response:
        row, content = self._job(request), text_of(await members(request), "content")
        note = {"id": key("nte", int(self._partner.dice.mint("note")[:7], 16) + 10**6), "content": content}
        self._partner.change("jobs", row["id"], notes=[*row["notes"], note])
        return reply(note, 201)

    async def _tag(self, request: Request) -> Response:
        row, wanted = self._job(request), text_of(await members(request), "tag_id")
        tag = self._partner.table("tags").get(wanted)
        if tag is None:
            raise refusal(404, "Tag not found")
        self._partner.change("jobs", row["id"], tags=sorted({*row["tags"], tag["name"]}))
        return self._shown(row, 201)

    async def _attach(self, request: Request) -> Response:
        """Multipart; the part is called `file`."""
        row = self._job(request)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise lacking("The body must be multipart/form-data", ["file"])
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise lacking("file is missing", ["file"])
            content = await file.read()
            made: Row = {"id": f"atc_{self._partner.dice.mint('file')[:32]}", "file_name": file.filename}
            made |= {"file_type": file.content_type, "file_size": len(content)}
        if not content:
            raise invalid("file", "is empty")
        made["url"] = f"https://files.housecallpro.example/{made['id']}"
        self._partner.change("jobs", row["id"], attachments=[*row["attachments"], made])
        return reply(made, 201)

    async def _add_item(self, request: Request) -> Response:
        row, body = self._job(request), await members(request)
        if self._line_items.wait(row["company_id"]):
            raise refusal(429)
        price = body.get("unit_price")
        if not isinstance(price, int):
            raise lacking("name and unit_price are needed", ["unit_price"])
        added = int(price * float(body.get("quantity") or 1))
        amounts = {name: row[name] + added for name in ("total_amount", "outstanding_balance", "subtotal")}
        own = {"id": f"olit_{self._partner.dice.mint('item')[:32]}", "name": text_of(body, "name"), "unit_price": price}
        made = {**body, **own, "quantity": float(body.get("quantity") or 1)}
        self._partner.change("jobs", row["id"], **amounts)
        self.items[row["id"]].append(made)
        return reply(made, 201)

    async def _schedule(self, request: Request) -> Response:
        """A job of several appointments cannot be moved so."""
        row, body = self._job(request), await members(request)
        if len(row["appointments"]) > 1:
            raise lacking("Jobs with multiple appointments cannot be rescheduled", ["appointments"])
        times = {"scheduled_start": body.get("start_time"), "scheduled_end": body.get("end_time")}
        fields = self._times({**times, "arrival_window": body.get("arrival_window_in_minutes")}, row["employee_ids"])
        if row["appointments"]:
            fields["appointments"][0]["id"] = row["appointments"][0]["id"]
        self._partner.change("jobs", row["id"], **fields)
        return self._shown(row)

    async def _unschedule(self, request: Request) -> Response:
        row = self._job(request)
        self._partner.change("jobs", row["id"], **UNSCHEDULED)
        return self._shown(row)

    async def _dispatch(self, request: Request) -> Response:
        row, body = self._job(request), await members(request)
        sent = body.get("dispatched_employees")
        if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
            raise lacking("dispatched_employees is missing", ["dispatched_employees"])
        crew = self._crew([one.get("employee_id") for one in sent])
        booked = [{**one, "dispatched_employees_ids": crew} for one in row["appointments"]]
        self._partner.change("jobs", row["id"], employee_ids=crew, appointments=booked)
        return self._shown(row)

    async def _link(self, request: Request) -> Response:
        row, body = self._job(request), await members(request)
        made = {name: text_of(body, name) for name in ("title", "url")}
        self._partner.change("jobs", row["id"], links=[*row["links"], made])
        return reply(made, 201)

    async def _lock(self, request: Request) -> Response:
        row = self._job(request)
        self._partner.change("jobs", row["id"], locked_at=written(self._partner.now()))
        return self._shown(row)

    async def _lock_all(self, request: Request) -> Response:
        """Those that were completed between two times."""
        body = await members(request)
        first, last = (time_of(body.get(name), name) for name in ("starting_at", "ending_at"))
        begin, end, now = written(first), written(last), written(self._partner.now())
        rows = [row for row in self._partner.seen("jobs", request) if begin <= (row["completed_at"] or "") <= end]
        for row in rows:
            self._partner.change("jobs", row["id"], locked_at=now)
        return reply({"locked": sorted((row["id"] for row in rows), key=number)})
