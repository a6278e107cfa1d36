"""What a call is to do, as TwiML. The only place that knows its verbs (https://www.twilio.com/docs/voice/twiml)."""

from __future__ import annotations

import math
from collections.abc import Callable

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from centre.effects import Ask, CallOutside, HangUp, Speak, TakeMessage, Wait
from centre.orders import SpeakingOrder
from config.players import spoken
from config.site import Site, Twilio, Voice
from cti.twilio.addresses import Addresses
from cti.twilio.calls import Place, TwilioCall
from cti.twilio.speech import speak
from ivr.aloud import with_values

PLAYED = {".wav": "audio/x-wav", ".ulaw": "audio/ulaw", ".gsm": "audio/x-gsm"}
"""Recordings that <Play> knows, too (https://www.twilio.com/docs/voice/twiml/play), with their type; of others the text
is spoken."""
_RING_S = (5, 600)
"""What Twilio allows as a time to ring."""
_QUEUE_NAME_MOST = 64


def ring_s(ring_ms: int) -> int:
    """For how many seconds Twilio is to ring. It adds some of its own: the line ends the ringing in time itself."""
    least, most = _RING_S
    return min(max(math.ceil(ring_ms / 1000), least), most)


def silence_s(order: TakeMessage) -> int:
    """How many seconds of silence end a recording at Twilio."""
    return max(1, math.ceil(order.silence_ms / 1000))


def queue_name(site: str, queue: str) -> str:
    """Twilio's name of the queue. Where it would be too long, its beginning: it helps a new engine, no more."""
    return f"{site}.{queue}"[:_QUEUE_NAME_MOST]


def conference_name(site: str, call: str) -> str:
    """Twilio's name of the call's conference: other engines may share the account."""
    return f"{site}.{call}"


def call_of(site: str, conference: str, is_call: Callable[[str], bool]) -> str:
    """The call that a conference was named by; empty for a conference of somebody else's."""
    call = conference.removeprefix(f"{site}.")
    return call if call != conference and is_call(call) else ""


class Documents:
    """Writes documents for the calls of one site."""

    def __init__(self, site: Site, addresses: Addresses) -> None:
        assert site.twilio is not None
        self._site = site
        self._twilio: Twilio = site.twilio
        self._to = addresses

    def next(self, call: TwilioCall) -> str:
        """What the call is to do now; it counts as handed out."""
        response = VoiceResponse()
        wants = call.wants
        place = Place.MENU
        waits = isinstance(wants, Wait) and not call.waits_in_conference
        for order in call.said:
            if waits and order.in_queue:
                call.beside.append(order)
            else:
                self._say(response, order)
        if call.waits_in_conference:
            place = Place.CONFERENCE
            if isinstance(wants, Wait):
                self._say(response, wants)
            self._confer(response, call)
        elif isinstance(wants, Wait):
            place = Place.QUEUE
            self._enqueue(response, call, wants)  # its prompts are spoken there, where its keys count
        elif wants is None and not call.parted:
            self._redirect(response, call)
        else:
            self._do(response, call)
        call.handed_out(place)
        return str(response)

    def not_yet(self, call: TwilioCall) -> str:
        """The centre does not know yet: a second's silence, then Twilio asks again."""
        response = VoiceResponse()
        response.pause(length=1)
        self._redirect(response, call)
        return str(response)

    def ask_again(self, call: TwilioCall) -> str:
        """Twilio is to ask what comes now."""
        response = VoiceResponse()
        self._redirect(response, call)
        return str(response)

    def music(self, call: TwilioCall) -> str:
        """For a caller in Twilio's queue, who may leave it by a key: music without end, so that no engine is needed."""
        response = VoiceResponse()
        assert isinstance(call.wants, Wait)
        player: VoiceResponse | Gather = response
        if call.wants.keys:
            player = response.gather(
                input="dtmf",
                action=self._to.to("calls", call.id, "key", self._to.mark()),
                num_digits=1,
                finish_on_key="",
                timeout=3600,
            )
        for order in call.beside:
            self._say(player, order)
        self._say(player, call.wants)
        player.play(self._twilio.music, loop=0)
        call.greeted()
        return str(response)

    @staticmethod
    def leave() -> str:
        """Out of Twilio's queue; it asks at once what comes next."""
        response = VoiceResponse()
        response.leave()
        return str(response)

    @staticmethod
    def nothing() -> str:
        """Hangs up."""
        response = VoiceResponse()
        response.hangup()
        return str(response)

    def _redirect(self, response: VoiceResponse, call: TwilioCall) -> None:
        response.redirect(self._to.to("calls", call.id, "now", self._to.mark()), method="POST")

    def _do(self, response: VoiceResponse, call: TwilioCall) -> None:
        match call.wants:
            case Speak() as order:
                gather = response.gather(
                    input="dtmf",
                    action=self._to.to("calls", call.id, "said", order.step),
                    num_digits=1,
                    finish_on_key="",
                    timeout=1,
                    action_on_empty_result=True,
                )
                self._say(gather, order)
            case Ask() as order:
                self._ask(response, call, order)
            case TakeMessage() as order:
                self._record(response, call, order)
            case CallOutside() as order:
                self._dial_outside(response, call, order)
            case HangUp() as order:
                self._say(response, order)
                response.hangup()
            case _:
                response.hangup()

    def _ask(self, response: VoiceResponse, call: TwilioCall, order: Ask) -> None:
        gather = response.gather(
            input="dtmf",
            action=self._to.to("calls", call.id, "keys", order.step),
            num_digits=call.still_to_come,
            finish_on_key=order.keys.terminator,
            timeout=max(1, math.ceil(order.keys.first_key_ms / 1000)),
            action_on_empty_result=True,
        )
        self._say(gather, order)

    def _record(self, response: VoiceResponse, call: TwilioCall, order: TakeMessage) -> None:
        self._say(response, order)
        over = self._to.to("calls", call.id, "message", order.step)
        response.record(
            action=over,
            max_length=max(1, math.ceil(order.longest_ms / 1000)),
            timeout=silence_s(order),
            finish_on_key=order.keys,
            play_beep=order.beep,
            trim="do-not-trim",
            recording_status_callback=self._to.recorded(order.message),
        )
        response.redirect(over, method="POST")  # who says nothing at all is not reported otherwise

    def _dial_outside(self, response: VoiceResponse, call: TwilioCall, order: CallOutside) -> None:
        self._say(response, order)
        dial = response.dial(
            action=self._to.to("calls", call.id, "outside", order.step),
            timeout=ring_s(order.ring_ms),
            caller_id=self._twilio.caller_id,
            answer_on_bridge=True,
        )
        dial.number(
            order.number,
            status_callback=self._to.to("reached", call.id, order.step),
            status_callback_event="answered",
        )

    def _enqueue(self, response: VoiceResponse, call: TwilioCall, order: Wait) -> None:
        response.enqueue(
            queue_name(self._site.id, order.queue),
            action=self._to.to("calls", call.id, "left", self._to.mark()),
            wait_url=self._to.to("calls", call.id, "wait", self._to.mark()),
        )

    def _confer(self, response: VoiceResponse, call: TwilioCall) -> None:
        dial: Dial = response.dial(action=self._to.to("calls", call.id, "talked", self._to.mark()))
        dial.conference(
            conference_name(self._site.id, call.id),
            start_conference_on_enter=False,  # agents start it
            end_conference_on_exit=True,
            beep="false",
            wait_url=self._twilio.music,
            wait_method="GET",
            participant_label="caller",
            **self._recorded(call),
        )

    def _recorded(self, call: TwilioCall) -> dict[str, str]:
        """As the phones that ring have it: who comes first settles it for the conference."""
        if not call.record:
            return {}
        to = self._to.recorded(call.record)
        return {"record": "record-from-start", "recording_status_callback": to}

    def _say(self, verb: VoiceResponse | Gather, order: SpeakingOrder) -> None:
        language = order.language
        for name in order.prompts:
            prompt = self._site.prompts[name][language]
            recording = prompt.recording
            # A file that is gone would be an error at Twilio, and silence for the caller.
            if recording is not None and recording.suffix in PLAYED and recording.is_file():
                verb.play(self._to.to("prompts", language, name + recording.suffix))
                continue
            voice = self._twilio.voices.get(language, Voice(language=language))  # one of a menu of before may be gone
            about = {"voice": voice.voice or None, "language": voice.language}
            text = spoken(self._site, name, language, order.values)
            if text and prompt.ssml and voice.voice:  # the basic voices know no SSML
                speak(verb.say(**about), with_values(prompt.ssml, language, order.values))
            elif text:
                verb.say(text, **about)
