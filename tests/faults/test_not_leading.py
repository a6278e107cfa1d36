"""An engine that another may have taken over from: whatever it still wants of Asterisk stays unsent."""

from __future__ import annotations

import asyncio

import pytest

from cti.asterisk.agi import AgiSession, CallerGone
from cti.asterisk.ami import AmiLost
from tests.faults.agi_peer import calling, serving
from tests.faults.fake_ami import FakeAmi
from tests.faults.our_link import linked


class Lead:
    """Whether the engine under test leads."""

    def __init__(self) -> None:
        self.leads = True

    def may_act(self) -> bool:
        return self.leads


async def test_no_manager_action_is_sent_once_another_may_lead() -> None:
    lead = Lead()
    async with FakeAmi() as fake, linked(fake, may_act=lead.may_act) as link:
        await link.action("Redirect", Channel="PJSIP/callers-1", Context="holdless-wait", Exten="s", Priority=1)
        lead.leads = False
        with pytest.raises(AmiLost, match="Redirect was not sent: another engine may lead by now"):
            await link.action("Redirect", Channel="PJSIP/callers-2", Context="holdless-dial", Exten="s", Priority=1)
        with pytest.raises(AmiLost, match="Originate was not sent"):
            await link.action("Originate", Channel="PJSIP/a0001", ChannelId="leg-1")
        assert [action.get("Channel") for action in fake.named("Redirect")] == ["PJSIP/callers-1"]
        assert fake.named("Originate") == []
        assert link.counts.withheld == 2


async def test_no_command_reaches_a_caller_in_a_menu_once_another_may_lead() -> None:
    lead = Lead()
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def handler(session: AgiSession) -> None:
        await session.set_variable("CC_NEXT", "wait")
        lead.leads = False
        try:
            await session.set_variable("CC_NEXT", "hangup")
        except CallerGone as gone:
            ended.set_result(str(gone))

    async with serving(handler, may_act=lead.may_act) as server, calling(server.port) as caller:
        assert await caller.hears() == 'SET VARIABLE "CC_NEXT" "wait"'
        caller.say(b"200 result=1\n")
        assert await caller.hears() == ""
        assert await asyncio.wait_for(ended, 20) == "another engine may lead by now"
