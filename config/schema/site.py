"""site.yaml: the centre as a whole."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, field_validator

from acd.setup import VOICE
from config.errors import nearest, shown
from config.schema.lines import AsteriskModel, TwilioModel, VirtualModel
from config.schema.numbers import CallbacksModel
from config.schema.queues import Capacity, ChannelModel, OrderModel, QueueModel
from config.schema.values import (
    Day,
    DayHours,
    Days,
    Duration,
    FileName,
    Language,
    Level,
    Line,
    Model,
    Name,
    OutsideName,
    OutsideNumber,
    Phone,
    ServiceAddress,
    ServiceName,
    SkillName,
    Texts,
    TwilioPhone,
    at_odds,
    wrong,
)


def _known_zone(name: str) -> str:
    zones = sorted(available_timezones())
    if name in zones:
        return name
    by_city = {zone.rpartition("/")[2]: zone for zone in reversed(zones)}
    near = nearest(name, zones) or by_city.get(nearest(name, by_city) or "", "Europe/Kyiv")
    raise wrong(f"{shown(name)} is no time zone; write an IANA name, such as “{near}”")


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""IANA name: “Europe/Kyiv”."""


class PreferenceModel(Model):
    """How an agent takes the calls of one queue."""

    rank: int = Field(default=0, ge=-100, le=100, description="Lowest first, whatever the calls' points.")
    after: Duration = Field(default=0, description="Only calls that have waited so long.")


class AgentModel(Model):
    """One agent."""

    name: Line
    skills: dict[SkillName, Level] = Field(default_factory=dict, description="Each with its level, 1 to 10.")
    queues: dict[Name, PreferenceModel] = Field(
        default_factory=dict, description="Queues that the agent takes otherwise than all others."
    )
    capacity: dict[Name, Capacity] = Field(
        default_factory=dict, description="By channel, where it differs from the channel's own."
    )
    cost_per_hour: float = Field(default=0.0, ge=0, le=10_000, description="For the strategy cost.")
    weight: int = Field(default=1, ge=1, le=1_000, description="For the strategy weighted-random.")
    phone: Phone | None = Field(default=None, description="Where it differs from asterisk.endpoint.")
    twilio_phone: TwilioPhone | None = Field(default=None, description="Where it differs from twilio.endpoint.")


class CalendarModel(Model):
    """Opening hours. Days that are not named are closed."""

    time_zone: TimeZone | None = Field(default=None, description="Where it differs from the site's.")
    week: dict[Days, DayHours]
    exceptions: dict[Day, DayHours] = Field(default_factory=dict, description="Dates on which other hours hold.")


class WebServiceModel(Model):
    """A web service that flows may ask."""

    url: ServiceAddress = Field(description="By http inside your own network only; else by https.")
    authorization: FileName | None = Field(
        default=None, description="A file in the site's folder with what is sent as the header “Authorization”."
    )


class SiteModel(Model):
    """A Holdless site."""

    name: Texts
    time_zone: TimeZone
    languages: Annotated[list[Language], Field(min_length=1, description="What callers can be spoken to in.")]
    entry: Name = Field(description="The flow that a call begins with: flows/<entry>.yaml.")
    skills: dict[SkillName, Texts] = Field(default_factory=dict)
    channels: dict[Name, ChannelModel] = Field(
        default_factory=dict, description="Besides voice, of which an agent has one call at a time."
    )
    queues: Annotated[dict[Name, QueueModel], Field(min_length=1)]
    agents: dict[Name, AgentModel] = Field(default_factory=dict)
    calendars: dict[Name, CalendarModel] = Field(default_factory=dict)
    not_ready_reasons: dict[Name, Texts] = Field(default_factory=dict)
    dispositions: dict[Name, Texts] = Field(default_factory=dict)
    misses_allowed: int = Field(
        default=2, ge=1, le=100, description="An agent who misses this many calls in a row is set not-ready."
    )
    customers: FileName | None = Field(default=None, description="CSV in UTF-8 with a column “number”.")
    pace_kept: Duration = Field(
        default=0, description="So long after a call whose caller needed more time the next one begins with it."
    )
    web_services: dict[ServiceName, WebServiceModel] = Field(
        default_factory=dict, description="What data dips of flows ask, by the name that flows use, and nothing else."
    )
    callbacks: CallbacksModel | None = Field(default=None, description="Nobody is called back where it is left out.")
    order: OrderModel = OrderModel()
    random_seed: int = Field(default=0, ge=0, le=2**63 - 1, description="For the strategy weighted-random.")
    workload: FileName | None = Field(default=None, description="Who calls when, for simulated calls.")
    staffing: FileName | None = Field(default=None, description="Whom the site may hire, for `holdless staff`.")
    outside_numbers: dict[OutsideName, OutsideNumber] = Field(
        default_factory=dict, description="What flows may dial, by the name that flows use, and no other number."
    )
    virtual: VirtualModel = VirtualModel()
    asterisk: AsteriskModel | None = None
    twilio: TwilioModel | None = None

    @field_validator("outside_numbers", mode="before")
    @classmethod
    def _have_names(cls, numbers: Any) -> Any:
        if isinstance(numbers, list):
            raise at_odds(
                "each number has a name, which flows go by; write a group of settings, such as "
                '{night-service: "+380441234567"}, without stars'
            )
        return numbers

    @property
    def every_channel(self) -> dict[str, ChannelModel]:
        """All channels by name: there always is voice."""
        return {VOICE: ChannelModel(), **self.channels}

    def capacity_of(self, agent: AgentModel, channel: str) -> int:
        """How many calls of a channel, which is one of the site's, the agent may have in hand at once."""
        return agent.capacity.get(channel, self.every_channel[channel].capacity)
