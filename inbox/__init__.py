"""What people wrote and what we do about it.

Files follow the way of the data: `poll → ingest → settling → selectors → views/ → actions → outbox`, with `cycles`
(when the clock starts and ends) and `escalation` (time → people) beside them. Start with `models/` and `verdicts`.
Ingest alone writes what came from outside; views call actions; actions queue; only outbox sends.

Where to find what:

- what comes in: schedule, budget, poll, webhooks, ingest, incoming, places, rows, settling, sorting, grouping, watchdog
- what waits: cycles, deadlines, promises, resting, ladder, escalation, digests, alarms, push, chat, moving, backlog
- what is shown: selectors, scope, query, narrowing, search, saved, menu, chips, thread, around, texts, live, presence
- what is decided: verdicts, acting, actions, bulk, singly, closing, moderation, evidence, grounds, helping, experts,
  followups, handing, suggestions
- what is written: drafts, replying, signing, bank, phrases, wordings, pointing, links, whose, plain, language, guard,
  approvals, neutrality, secrecy, screening
- what leaves: outbox, sending, confirmation, effects, abilities
- whose it is: routing, staff, staffing, changeover, relaying, dialogues, notes, headsup
- what goes before every deadline: lanes, lane_texts, guide, legal, protection, barriers
- what may be kept: retention, rereading
"""
