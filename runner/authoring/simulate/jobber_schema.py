"""
The part of Jobber's GraphQL schema that is simulated, in the partner's names.

Sources: public notes of the live schema's introspection (2026), the object summaries at
developer.getjobber.com/docs and the pages api_queries_and_mutations and api_rate_limits. Where nothing
public names a key or a value of an enum (properties' filter, users' status), this schema chose one.
"""

from __future__ import annotations

from runner.authoring.simulate.jobber_notes import MUTATIONS
from runner.authoring.simulate.jobber_notes import SDL as NOTES

KINDS = ("Client", "Property", "Job", "Visit", "User", "JobNoteUnion")

SCALARS = """
scalar ISO8601DateTime
scalar EncodedId

input Iso8601DateTimeRangeInput { after: ISO8601DateTime, before: ISO8601DateTime, eq: ISO8601DateTime }
enum SortDirectionEnum { ASCENDING DESCENDING }
enum VisitStatusTypeEnum { ACTIVE COMPLETED LATE TODAY UNSCHEDULED UPCOMING }
enum JobTypeTypeEnum { ONE_OFF RECURRING }
enum UserStatusEnum { ACTIVATED DEACTIVATED }
enum JobStatusTypeEnum {
  requires_invoicing archived late today upcoming action_required on_hold unscheduled active
  expiring_within_30_days
}
"""

FILTERS = """
input ClientFilterAttributes {
  isCompany: Boolean, isLead: Boolean, isArchived: Boolean, tags: [String!]
  createdAt: Iso8601DateTimeRangeInput, updatedAt: Iso8601DateTimeRangeInput
}
enum ClientsSortKeysEnum { CREATED_AT UPDATED_AT }
input ClientsSortInput { key: ClientsSortKeysEnum!, direction: SortDirectionEnum! }

input PropertyFilterAttributes { clientId: EncodedId }

input VisitFilterAttributes {
  status: VisitStatusTypeEnum, ids: [EncodedId!], assignedTo: EncodedId
  createdAt: Iso8601DateTimeRangeInput, startAt: Iso8601DateTimeRangeInput
  endAt: Iso8601DateTimeRangeInput, completedAt: Iso8601DateTimeRangeInput
}
enum VisitsSortKeysEnum { CREATED_AT START_AT }
input VisitsSortInput { key: VisitsSortKeysEnum!, direction: SortDirectionEnum! }

input JobFilterAttributes {
  status: JobStatusTypeEnum, type: JobTypeTypeEnum, ids: [EncodedId!], createdAt: Iso8601DateTimeRangeInput
}
enum JobsSortKeysEnum { CREATED_AT UPDATED_AT }
input JobsSortInput { key: JobsSortKeysEnum!, direction: SortDirectionEnum! }

input UsersFilterAttributes { status: UserStatusEnum! }
"""

TYPES = """
type PageInfo { endCursor: String, startCursor: String, hasNextPage: Boolean!, hasPreviousPage: Boolean! }
type Account { id: EncodedId!, name: String! }

type Email { address: String!, primary: Boolean!, description: String! }
type ClientPhoneNumber { number: String!, primary: Boolean!, smsAllowed: Boolean!, description: String! }
type ClientAddress {
  street: String!, street1: String, street2: String, city: String, province: String, postalCode: String
  country: String
}

type Client {
  id: EncodedId!, name: String!, firstName: String!, lastName: String!, companyName: String
  secondaryName: String, title: String, isCompany: Boolean!, isLead: Boolean!, isArchived: Boolean!
  isArchivable: Boolean!, balance: Float!, billingAddress: ClientAddress, billingAddressPresent: Boolean!
  emails: [Email!]!, phones: [ClientPhoneNumber!]!, defaultEmails: [String!]!, receivesReminders: Boolean!
  jobberWebUri: String!, createdAt: ISO8601DateTime!, updatedAt: ISO8601DateTime!
  clientProperties(PAGE): PropertyConnection!
  jobs(PAGE): JobConnection!
}

type Coordinates { latitudeString: String!, longitudeString: String! }
type PropertyAddress {
  id: EncodedId!, street: String!, street1: String, street2: String, city: String, province: String
  postalCode: String, country: String, name: String, geoStatus: String, coordinates: Coordinates
}
type Property {
  id: EncodedId!, address: PropertyAddress!, name: String, client: Client, isBillingAddress: Boolean
  routingOrder: Int, jobberWebUri: String!
  jobs(PAGE): JobConnection!
}

type Job {
  id: EncodedId!, jobNumber: Int!, title: String, instructions: String, jobStatus: JobStatusTypeEnum!
  jobType: JobTypeTypeEnum!, client: Client!, property: Property!, jobberWebUri: String!
  createdAt: ISO8601DateTime!, updatedAt: ISO8601DateTime!
  visits(PAGE): VisitConnection!
  notes(PAGE): JobNoteUnionConnection!
}

type Visit {
  id: EncodedId!, title: String, visitStatus(timezone: String): VisitStatusTypeEnum!, startAt: ISO8601DateTime
  endAt: ISO8601DateTime, allDay: Boolean!, duration: Int, isComplete: Boolean!, completedAt: ISO8601DateTime
  completedBy: String, createdAt: ISO8601DateTime!, clientConfirmed: Boolean!, instructions: String
  isDefaultTitle: Boolean!, isLastScheduledVisit: Boolean!, overrideOrder: Int, routingOrder: Int
  client: Client!, property: Property!, job: Job!
  assignedUsers(PAGE): UserConnection
}

type Name { first: String!, last: String!, full: String! }
type UserEmail { raw: String!, isValid: Boolean! }
type User { id: EncodedId!, name: Name!, email: UserEmail!, status: UserStatusEnum!, createdAt: ISO8601DateTime! }
"""

ROOTS = """
type Query {
  account: Account
  client(id: EncodedId!): Client
  property(id: EncodedId!): Property
  job(id: EncodedId!): Job
  visit(id: EncodedId!): Visit
  user(id: EncodedId!): User
  clients(PAGE, filter: ClientFilterAttributes, sort: ClientsSortInput, searchTerm: String): ClientConnection!
  properties(PAGE, filter: PropertyFilterAttributes): PropertyConnection!
  jobs(PAGE, filter: JobFilterAttributes, sort: [JobsSortInput!]): JobConnection!
  visits(PAGE, filter: VisitFilterAttributes, sort: [VisitsSortInput!], timezone: String): VisitConnection!
  users(PAGE, filter: UsersFilterAttributes!): UserConnection!
}

type MutationErrors { message: String!, path: [String!] }
type AppDisconnectPayload { userErrors: [MutationErrors!]! }
type Mutation { appDisconnect: AppDisconnectPayload!, MUTATIONS }
""".replace("MUTATIONS", MUTATIONS)


def sdl() -> str:
    """The schema in the schema definition language, Relay connections written out."""
    connections = (
        f"type {kind}Edge {{ cursor: String!, node: {kind}! }}\n"
        f"type {kind}Connection {{ nodes: [{kind}!]!, edges: [{kind}Edge!]!, pageInfo: PageInfo!, totalCount: Int! }}"
        for kind in KINDS
    )
    page = "first: Int, after: String, last: Int, before: String"
    return "\n".join((SCALARS, FILTERS, TYPES, NOTES, *connections, ROOTS)).replace("PAGE", page)
