"""The tables that compiled code works on: what each column means. Plain integers, which compile fast.

A few wide tables of integers instead of many arrays: the more arrays there are, the slower everything compiles.
``X_FROM`` to ``X_TO`` is where something begins and ends in the one array of lists. Times are milliseconds from the
beginning of the replication; -1 means none, nobody, no limit.
"""

from __future__ import annotations

# calls[call, …]: first what chance decides, then where the call is, then what became of it.
(
    CALL_AT,
    CALL_KIND,
    CALL_PATIENCE,
    CALL_TALK,
    CALL_WRAP_UP,
    CALL_ANSWER_DELAY,  # of the offer that is answered
    CALL_MISSES_TO_COME,  # offers that ring out before
    CALL_NEXT,
    CALL_BEFORE,
    CALL_LINE,
    CALL_STEPS,
    CALL_STARVING,
    CALL_OVERDUE,
    CALL_INTERVAL,
    CALL_MISSES,
    CALL_LAST_MISS,
    CALL_FATE,
    CALL_AGENT,
    CALL_LEFT_AT,
    CALL_CLOSED,  # so many rows behind those of calls that are open to everybody: see ``KIND_ROW``
) = range(20)
CALL_CELLS = 20

TO_COME, WAITING, OFFERED, TALKING, ANSWERED, ABANDONED, RELEASED, REFUSED, AT_ONCE, ASIDE, FAILED = range(11)
"""What stands in ``CALL_FATE``. Answered: and the conversation is over. At once: it begins in this very millisecond.
Of callbacks alone: aside, until they come into line (again); failed, as the customer was never reached."""

# spilled[call, …]: kept only where calls spill to other queues. The columns from the last one on are how long they
# would talk in the other queues: see ``KIND_TALK``.
SPILLED_TIMES, SPILLED_STEPPED_AT, SPILLED_LOOK_AT, SPILLED_TALKS = range(4)
"""So often it has spilled; when its steps were looked at last; when it is looked at next whether it spills."""

# backs[call, …]: kept only where callers leave their queue by themselves, or are called back. The columns from the last
# one on are drawn. Of callers: after how long they leave; the first from entering the queue, the others from hearing
# music anew, after a missed offer or as nobody can be called back now. Of callbacks, three for each attempt: how many
# agents let the phone ring in vain, how long the next one takes to answer, and how long the customer (-1: too long).
(
    BACK_ROW,  # of callers: the callback that comes of the call (-1: none)
    BACK_AFTER_MS,  # so long after the caller left
    BACK_HEARD_AT,  # when the caller heard music anew
    BACK_LEAVES_AT,
    BACK_ASKS,  # so often the caller was about to leave
    BACK_TRIES,  # for so often it is drawn after how long; 0: the caller stays
    BACK_DIALS,  # of callbacks: so often the customer was dialled
    BACK_REACHED,  # and whether the customer is on the line
    BACK_DRAWN,
) = range(9)
OF_AN_ATTEMPT = 3
ATTEMPT_MISSES, ATTEMPT_ANSWER_DELAY, ATTEMPT_CUSTOMER_DELAY = range(OF_AN_ATTEMPT)

# agents[agent, …]
(
    AGENT_GROUP,
    AGENT_STATE,
    AGENT_WISH,
    AGENT_DUTY,
    AGENT_IDLE_SINCE,
    AGENT_IDLE_MS,  # time idle before the present rest
    AGENT_MISSES,
    AGENT_COMES_BACK_AT,
    AGENT_CALL,
    AGENT_NEXT,
    AGENT_BEFORE,
    AGENT_IN_LINE,
) = range(12)
AGENT_CELLS = 12

# records[agent, …]: what strategies ask; kept only where one does. The middle ones count since signing in.
(
    RECORD_TURN,
    RECORD_ANSWERED,
    RECORD_TALKED_MS,
    RECORD_BUSY_MS,
    RECORD_READY_MS,
    RECORD_SINCE,  # when the agent's state began
    RECORD_COST,
    RECORD_WEIGHT,
) = range(8)
RECORD_CELLS = 8

NO_WISH, OUT, NOT_READY, READY, RINGS, TALKS, WRAPS_UP = range(-1, 6)
"""Agents' states; the first three are also what an agent can be there for, or wish to be."""

# groups[…, group] and lines[…, line]: each column in one piece, as the rules compare them.
(
    GROUP_FIRST,
    GROUP_LAST,
    GROUP_SINCE,  # since when the first in line is idle
    GROUP_ORDER,
    GROUP_READY,
    GROUP_BUSY,
    GROUP_LINES_FROM,  # the lines from which the group's agents may take calls
    GROUP_LINES_TO,
    GROUP_RANKS,  # whether they rank queues
    GROUP_EMPTIED_AT,  # since when nobody of it is at work; kept only where a queue asks
) = range(10)
GROUP_CELLS = 10

SINCE_EVER = -(1 << 40)

LINE_FIRST, LINE_LAST, LINE_RANK, LINE_SINCE, LINE_ORDER = range(5)
LINE_CELLS = 5

# rows[row, …]: a kind of call at a number of open relaxation steps; line 2 × row + 1 is that of its starving calls.
ROW_POINTS, ROW_GROUPS_FROM, ROW_GROUPS_TO, ROW_ONLY_NEEDS, ROW_STRATEGY, ROW_SPILL = range(6)
ROW_CELLS = 6

# spills[spill, …]: the kind that a call becomes in the other queue, the conditions of which one must hold, and where
# it counts: see ``moves``.
SPILL_KIND, SPILL_NOBODY_STAFFED, SPILL_LONGEST_WAIT_MS, SPILL_SERVICE_LEVEL_BELOW, SPILL_MOVE = range(5)
SPILL_CELLS = 5

NO_MEMBER = 1 << 40
"""In ``ranks[row, group]``: the group's agents may not take such a call. Else how the queue's strategy ranks them."""

# kinds[kind, …]: the row without an open step; the next rows are those of 1, 2 … open steps. Where some agents take
# only calls that have waited a while, the same follows for calls with one of these waits before them, with two …
# And where such calls count: the tally, and which lengths of queues they are part of, see simulator.planner.subjects.
# Behind the kinds that call stand those that they become in other queues, for each way there one of its own.
(
    KIND_QUEUE,
    KIND_ROW,
    KIND_CALLERS,
    KIND_TALLY,
    KIND_LENGTHS_FROM,
    KIND_LENGTHS_TO,
    KIND_TALK,  # a column of ``spilled``; -1: as before
    KIND_CALLBACK,  # whether they are customers to be called back
) = range(8)
KIND_CELLS = 8

# queues[queue, …]
(
    QUEUE_STEPS_FROM,  # when its relaxation steps open
    QUEUE_STEPS_TO,
    QUEUE_RING_MS,
    QUEUE_WRAP_UP_MS,
    QUEUE_MAX_WAITING,
    QUEUE_MAX_WAIT_MS,
    QUEUE_THRESHOLD_MS,
    QUEUE_SHORT_ABANDON_MS,
    QUEUE_WAITING,
    QUEUE_HOURS_FROM,  # when it opens and closes in turn, the first time it opens
    QUEUE_HOURS_TO,
    QUEUE_HAS_HOURS,
    QUEUE_EMPTIES,  # whether those who wait at closing time leave
    QUEUE_UNSTAFFED_MS,  # how long calls wait for somebody to come to work
    QUEUE_DELAYS_FROM,  # after which waits more agents take its calls
    QUEUE_DELAYS_TO,
    QUEUE_QUARTER,  # the quarter of an hour of the next two
    QUEUE_ENDED,  # of those who came in it, how many were answered or gave up
    QUEUE_WITHIN,  # and how many were answered within the threshold
    QUEUE_CALLBACKS,  # so many are open
    QUEUE_CALLBACKS_MOST,
    QUEUE_CUSTOMER_FIRST,
    QUEUE_ATTEMPTS,
    QUEUE_GAP_MS,
    QUEUE_DIAL_MS,
    QUEUE_CALLBACK_WAIT_MS,  # how long a callback may take
) = range(26)
QUEUE_CELLS = 26

# lengths[length, …]: how many callers wait, those whose agent's phone rings among them, and since when it is so.
LENGTH_IS, LENGTH_SINCE = range(2)
LENGTH_CELLS = 2

# duties[change, …], in order of time
DUTY_AT, DUTY_AGENT, DUTY_IS = range(3)

# centre[…]: what holds for the whole, then single numbers that change.
(
    POINTS_PER_MINUTE,
    STARVATION_MS,
    MISSES_ALLOWED,
    COMES_BACK_MS,
    COUNTED_FROM_MS,
    INTERVAL_MS,
    INTERVALS,
    STOP_MS,
    NOW,
    INTERVAL,  # in which calls of now count; that after the last one is not counted
    INTERVALS_BEGUN,
    NEXT_INTERVAL_AT,
    ALL_WAITING,
    ALL_PRESENT,
    NEW_CALLS,
    NEW_AGENTS,
    MISSES,
    HEAP_SIZE,
    ROOT_SPENT,
    ORDER,
    OFFERS,  # counted only where a strategy asks
    DRAWN,  # so many calls come by themselves
    TO_ENTER,  # calls that come of others, and answered ones of which one will
    SEED,  # of the lots
    WEIGHT_IDLE,  # of all idle agents together
    SPILL_CHECK_MS,
    INTO_A_QUARTER_MS,  # where in a quarter of an hour a replication begins
) = range(27)
CENTRE_CELLS = 27

# counts[tally, interval, …]: calls count in the interval in which they came.
(
    QUEUED,
    N_ANSWERED,
    ANSWERED_WITHIN,
    ANSWERED_AT_ONCE,
    N_ABANDONED,
    ABANDONED_WITHIN,
    SHORT_ABANDONED,
    N_RELEASED,
    N_REFUSED,
    ANSWERED_WAIT_MS,
    ABANDONED_WAIT_MS,
    RELEASED_WAIT_MS,
    TALK_MS,
    WRAP_UP_MS,
    OFFERS_MISSED,
    MAX_WAIT_MS,  # of the answered and the abandoned
    N_MOVED_ON,  # of subjects; the loop counts in ``moves``, see simulator.planner.subjects
    N_CALLBACKS,
    N_CONNECTED,  # of the callbacks
    N_FAILED,
    CALLBACK_WAIT_MS,  # of the connected
) = range(21)
COUNT_CELLS = 21

# times[group, interval, …]: agents' time by the state that they were in (OUT to WRAPS_UP, whose numbers are those of
# the columns), in the interval in which it was spent, and the calls in that in which they were answered.
OUT_MS, NOT_READY_MS, READY_MS, RINGS_MS, TALKS_MS, WRAPS_UP_MS, GROUP_ANSWERED = range(7)
TIME_CELLS = 7

# crowds[length, interval, …]: callers × milliseconds, and the most callers, in that interval.
QUEUE_MS, MAX_QUEUE = range(2)
CROWD_CELLS = 2
