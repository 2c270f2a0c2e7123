"""dlt over the same pages: its REST client, the twelve fields by hand, a merge by id into SQLite. Runs in dlt's own
environment: `python dlt_jobs.py URL FOLDER` prints the records and the seconds of the run, imports left out."""

import sys
import time

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator


def fields(job: dict) -> dict:
    contacts, appointments = job["contacts"], job["appointments"]
    return {
        "id": str(job["id"]),
        "updated_at": job["updated_at"],
        "number": job["number"],
        "status": job["status"],
        "total": job["total"],
        "customer_name": job["customer"]["name"],
        "street": job["address"]["street"],
        "city": job["address"]["city"],
        "region": job["address"]["state"],
        "postal_code": job["address"]["zip"],
        "email": next((one["value"] for one in contacts if one["type"] == "Email"), None),
        "phone": next((one["value"] for one in contacts if one["type"] == "MobilePhone"), None),
        "starts_at": appointments[0]["start"] if appointments else None,
        "tags": ",".join(job["tags"]),  # a list would become a table of its own
    }


@dlt.resource(name="jobs", primary_key="id", write_disposition="merge")
def jobs(url: str):
    client = RESTClient(base_url=url, paginator=JSONResponseCursorPaginator(cursor_path="next", cursor_param="after"))
    for page in client.paginate("/jobs", data_selector="data"):
        yield [fields(job) for job in page]


def main(url: str, folder: str) -> None:
    began = time.perf_counter()
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder}/dlt.db"),
        dataset_name="main",
        pipelines_dir=f"{folder}/pipelines",
    )
    pipeline.run(jobs(url))
    seconds = time.perf_counter() - began
    print(pipeline.last_trace.last_normalize_info.row_counts["jobs"], seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
