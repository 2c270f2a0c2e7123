"""
ServiceTitan's made-up work: jobs, appointments, assignments, estimates; and the tables of the whole company.

Shapes and nullability follow the partner's OpenAPI files `{jpm,dispatch}-v2.json` at
developer.servicetitan.io. Estimates follow clients that others generated of its file for sales: unverified.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.authoring.simulate.seeded import Dice
from runner.authoring.simulate.servicetitan_people import CUSTOMER, LOCATION, TECHNICIAN, People, iso
from runner.authoring.simulate.table import Row, Table

JOB, APPOINTMENT, ASSIGNMENT = 7001, 8001, 9101
CUSTOMER_CONTACT, LOCATION_CONTACT, ESTIMATE = 4001, 5001, 9601
JOB_STATUSES = ("Scheduled", "Dispatched", "InProgress", "Hold", "Completed", "Canceled")
ESTIMATE_STATUSES = ("Open", "Sold", "Dismissed")
APPOINTMENT_STATUSES = ("Scheduled", "Dispatched", "Working", "Hold", "Done", "Canceled")
MAYBE_ON_JOB = (
    "projectId",
    "recallForId",
    "warrantyId",
    "leadCallId",
    "partnerLeadCallId",
    "bookingId",
    "soldById",
    "membershipId",
    "createdFromEstimateId",
)


def tables(now: datetime, dice: Dice, size: int) -> dict[str, Table]:
    """
    A company with `size` jobs, as of `now`.

    Jobs from 7001, appointments from 8001, customers from 501, locations from 601, technicians from 3001,
    assignments from 9101, contacts from 4001 (customers) and 5001 (locations), estimates from 9601, one each third job.
    """
    if size < 1:
        msg = f"a simulated ServiceTitan has one job at least: give a size of 1 or more, not {size}"
        raise ValueError(msg)
    maker = Work(now, dice, size)
    appointments = [maker.appointment(n) for n in range(size)]
    rows = {
        "customers": [maker.customer(n) for n in range(maker.customers)],
        "locations": [maker.location(n) for n in range(size)],
        "customer-contacts": maker.contacts("customerId", CUSTOMER_CONTACT, CUSTOMER, maker.customers),
        "location-contacts": maker.contacts("locationId", LOCATION_CONTACT, LOCATION, size),
        "technicians": [maker.technician(n) for n in range(maker.technicians)],
        "jobs": [maker.job(n) for n in range(size)],
        "appointments": appointments,
        "appointment-assignments": maker.assignments(appointments),
        "estimates": [maker.estimate(n) for n in range(0, size, 3)],
    }
    return {name: Table(name, kind, modified="modifiedOn", id_type=int) for name, kind in rows.items()}


class Work(People):
    """Makes one job, appointment, assignment or estimate from its number."""

    def job(self, n: int) -> Row:
        status = JOB_STATUSES[n % len(JOB_STATUSES)]
        times = self.times("job", n)
        return {
            "id": JOB + n,
            "jobNumber": str(JOB + n),
            "customerId": CUSTOMER + n % self.customers,
            "locationId": LOCATION + n,
            "jobStatus": status,
            "completedOn": times["modifiedOn"] if status == "Completed" else None,
            "businessUnitId": 11,
            "jobTypeId": 21,
            "priority": ("Normal", "Low", "High", "Urgent")[n % 4],
            "campaignId": 31,
            "appointmentCount": 1,
            "firstAppointmentId": APPOINTMENT + n,
            "lastAppointmentId": APPOINTMENT + n,
            "jobGeneratedLeadSource": {"jobId": JOB, "employeeId": 42} if n % 8 == 7 else None,
            "noCharge": n % 11 == 10,
            "notificationsEnabled": True,
            **times,
            "tagTypeIds": [301] if n % 2 == 0 else [],
            "customerPo": "" if n % 5 else "PO-17",
            "invoiceId": 9001 + n,
            "total": 150.0 if status == "Completed" else None,
            "estimateIds": [],
            "summary": (None, "<p>Leak &amp; drip<br>Bring a ladder</p>", "")[n % 3]
            if n
            else "<p>Water heater check</p>",
            "customFields": [{"typeId": 1, "name": "Gate code", "value": "1234"}] if n % 2 == 0 else [],
            "externalData": [{"key": "cc_project_id", "value": str(94772883 + n)}] if n % 6 == 0 else [],
            "active": True,
            **{
                field: 100 + n if (n + place) % 4 == 3 else None
                for place, field in enumerate(MAYBE_ON_JOB, start=n > 0)
            },
        }

    def appointment(self, n: int) -> Row:
        start = self.now.replace(minute=0, second=0, microsecond=0) + timedelta(days=n % 30 - 10, hours=n % 5)
        windowed = n % 3 != 2
        return {
            "id": APPOINTMENT + n,
            "jobId": JOB + n,
            "appointmentNumber": f"{JOB + n}-1" if n % 7 != 6 else None,
            "start": iso(start),
            "end": iso(start + timedelta(hours=2)),
            "arrivalWindowStart": iso(start) if windowed else None,
            "arrivalWindowEnd": iso(start + timedelta(hours=1)) if windowed else None,
            "status": APPOINTMENT_STATUSES[n % len(APPOINTMENT_STATUSES)],
            "specialInstructions": "Call first" if n % 4 == 1 else None,
            **self.times("appointment", n),
            "customerId": CUSTOMER + n % self.customers,
            "unused": False,
            "isConfirmed": n % 2 == 0,
            "active": n % 13 != 12,
        }

    def estimate(self, n: int) -> Row:
        """What was offered for job `n`."""
        status = n // 3 % len(ESTIMATE_STATUSES)
        times = self.times("estimate", n, by=False)
        sold = ESTIMATE_STATUSES[status] == "Sold"
        return {
            "id": ESTIMATE + n,
            "jobId": JOB + n,
            "projectId": None,
            "locationId": LOCATION + n,
            "customerId": CUSTOMER + n % self.customers,
            "name": None if n % 4 == 3 else "Replace the water heater",
            "jobNumber": str(JOB + n),
            "status": {"value": status, "name": ESTIMATE_STATUSES[status]},
            "reviewStatus": "None",
            "summary": "<p>With ten years of warranty</p>" if n % 2 else "",
            **times,
            "soldOn": times["modifiedOn"] if sold else None,
            "soldBy": 42 if sold else None,
            "active": True,
            "items": [],
            "externalLinks": [],
            "subtotal": 1250.0 + n,
            "tax": 87.5,
            "businessUnitId": 11,
            "isRecommended": n % 2 == 0,
        }

    def assignments(self, appointments: list[Row]) -> list[Row]:
        """One technician each; two on each third appointment, none on each seventh; some taken off again."""
        pairs = [
            (n, appointment, (n + second) % self.technicians)
            for n, appointment in enumerate(appointments)
            for second in range(0 if n % 7 == 6 else 2 if n % 3 == 2 else 1)
        ]
        return [self._assignment(index, *pair) for index, pair in enumerate(pairs)]

    def _assignment(self, index: int, n: int, appointment: Row, technician: int) -> Row:
        times = self.times("assignment", index, by=False)
        return {
            "id": ASSIGNMENT + index,
            "technicianId": TECHNICIAN + technician,
            "technicianName": self.technician(technician)["name"],
            "assignedById": 42,
            "assignedOn": times["createdOn"],
            "status": ("Scheduled", "Dispatched", "Working", "Done")[n % 4],
            "isPaused": False,
            "jobId": appointment["jobId"],
            "appointmentId": appointment["id"],
            **times,
            "active": index % 8 != 5,
        }
