"""What people fill in: the operator's app, a company's settings."""

from __future__ import annotations

import re

from pydantic import Field as Declared

from runner.components.block import Block


class Field(Block):
    """One value of the operator's app or of a company's settings.

        settings:
          tenant_id: {title: Tenant ID, pattern: "^[0-9]+$", help: "Settings > Integrations > API Application Access"}
          client_secret: {title: Client secret, secret: true}

    The operator's values come from the environment (`RUNNER_SERVICETITAN_APP_KEY`), a company's from the connect form.
    """

    title: str = Declared(description="The label in forms.", examples=["Tenant ID"])
    help: str | None = Declared(None, description="Where to find the value, in plain words.")
    secret: bool = Declared(False, description="Encrypted when stored, masked in forms, never logged.")
    pattern: str | None = Declared(None, description="A regular expression that the whole value satisfies.")
    choices: list[str] | None = Declared(None, description="The only values allowed.")
    default: str | None = Declared(None, description="Taken when nothing is filled in.")
    required: bool = Declared(True, description="Whether it must be filled in (when there is no default).")

    def flaw(self, value: str | None) -> str | None:
        """What is wrong with a value, in plain words; None when it will do. The value itself is not repeated."""
        if value is None or value == "":
            return f"{self.title} is missing" if self.required and self.default is None else None
        if self.choices and value not in self.choices:
            return f"{self.title} must be one of {', '.join(self.choices)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"{self.title} does not have the form {self.pattern}"
        return None
