"""From a checked question of a flow file (menu, digits, survey, callback) to the one that runs."""

from __future__ import annotations

from datetime import time

from config.build_place import Place
from config.schema.flows import CallbackNodeModel, CollectModel, MenuModel, SurveyModel
from config.schema.keys import AttemptsModel, CollectKeysModel, MenuKeysModel, in_turn
from ivr.flow import Callback, CallbackTime, CallbackTimes, Choice, Collect, Command, Menu, Survey
from ivr.keys import Attempts, KeyRules


def built_question(place: Place, model: MenuModel | CollectModel) -> Menu | Collect:
    """The question, with the global keys that it leaves to them."""
    inherited = place.keys if model.global_keys else {}
    own = frozenset(model.choices) if isinstance(model, MenuModel) else frozenset("0123456789" + model.keys.terminator)
    inherited = {key: done for key, done in inherited.items() if key not in own}
    commands = {key: does for key, does in inherited.items() if isinstance(does, Command)}
    choices = {key: does for key, does in inherited.items() if isinstance(does, Choice)}
    attempts = _attempts(model.attempts)
    if isinstance(model, CollectModel):
        return Collect(
            prompt=model.prompt,
            into=model.into,
            variable=place.variables[model.into].name if model.into in place.variables else "",
            next=place.node(model.next),
            otherwise=place.node(model.otherwise),
            choices=choices,
            commands=commands,
            label=model.label or {},
            keys=_keys(model.keys, at_once="".join(sorted(inherited))),
            attempts=attempts,
        )
    for key, choice in model.choices.items():
        choices[key] = Choice(next=place.node(choice.next), label=choice.label or {})
    return Menu(
        prompt=model.prompt,
        choices=choices,
        otherwise=place.node(model.otherwise),
        commands=commands,
        keys=_one_key(model.keys),
        attempts=attempts,
    )


def built_survey(place: Place, model: SurveyModel) -> Survey:
    """Keys that lead elsewhere do not work here: the call has been where it wanted to go."""
    commands = {key: does for key, does in place.keys.items() if isinstance(does, Command) and key == "*"}
    scores = [str(score) for score in model.scale.scores]
    most = max(len(score) for score in scores)
    longer = {score[0] for score in scores if len(score) > 1}
    return Survey(
        scale=model.scale,
        prompt=model.prompt,
        into=model.into,
        variable=place.variables[model.into].name if model.into in place.variables else "",
        next=place.node(model.next),
        otherwise=place.node(model.otherwise),
        commands=commands if model.global_keys else {},
        keys=KeyRules(
            most=most,
            first_key_ms=model.keys.first_key,
            next_key_ms=model.keys.next_key,
            barge_in=model.keys.barge_in,
            type_ahead=model.keys.type_ahead,
            at_once="".join(sorted({*"0123456789*"} - longer)) if longer else "",
        ),
        attempts=_attempts(model.attempts),
    )


def built_callback(place: Place, model: CallbackNodeModel) -> Callback:
    """The offer to call back, with its times by the calendar."""
    times = None
    if model.times is not None:
        choices = {
            key: CallbackTime(after_ms=one.after, wall=None if one.at is None else time.fromisoformat(one.at))
            for key, one in model.times.choices.items()
        }
        calendar = place.calendars[model.times.calendar]
        times = CallbackTimes(prompt=model.times.prompt, choices=choices, calendar=calendar)
    keys = model.keys
    return Callback(
        queue=model.queue,
        prompt=model.prompt,
        number_prompt=model.number,
        accepted=place.node(model.accepted),
        refused=place.node(model.refused),
        invalid=place.node(model.invalid),
        times=times,
        keys=KeyRules(
            least=keys.least,
            most=keys.most,
            terminator=keys.terminator,
            first_key_ms=keys.first_key,
            next_key_ms=keys.next_key,
            all_keys_ms=keys.all_keys,
            type_ahead=keys.type_ahead,
        ),
        attempts=_attempts(model.attempts),
    )


def _one_key(model: MenuKeysModel) -> KeyRules:
    return KeyRules(terminator="", first_key_ms=model.first_key, barge_in=model.barge_in, type_ahead=model.type_ahead)


def _keys(model: CollectKeysModel, at_once: str) -> KeyRules:
    return KeyRules(
        least=model.least,
        most=model.most if model.most is not None else model.least,
        terminator=model.terminator,
        first_key_ms=model.first_key,
        next_key_ms=model.next_key,
        all_keys_ms=model.all_keys,
        barge_in=model.barge_in,
        sensitive=model.sensitive,
        at_once=at_once,
        type_ahead=model.type_ahead,
    )


def _attempts(model: AttemptsModel) -> Attempts:
    silent, wrong = in_turn(model.no_input), in_turn(model.no_match)
    return Attempts(most=model.most, no_input_prompts=silent, no_match_prompts=wrong)
